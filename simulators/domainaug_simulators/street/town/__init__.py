"""What streets are made of, and how a seed puts one together."""
