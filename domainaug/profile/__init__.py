"""Profiles: what a field allows to be done to its images, and why."""
