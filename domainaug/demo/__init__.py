"""A tour on real data: what a profile forbids, what it allows, and proof of both."""
