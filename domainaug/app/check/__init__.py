"""The Check page: where a pipeline comes from, and what was found in it."""
