"""The Scenes page: one street in any weather, and scenarios with what they cover."""
