"""Defects from photographs, and from the papers of anomaly detection, put on photographs of good parts."""
