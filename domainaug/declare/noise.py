"""Rows of one family."""
