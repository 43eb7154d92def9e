"""Scenarios rendered by a CARLA server, through the official client in a process of its own."""
