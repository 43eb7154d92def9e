"""Simulators: built-in and adapted ones; they import domainaug, never the reverse."""
