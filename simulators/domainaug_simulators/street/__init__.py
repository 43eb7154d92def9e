"""The built-in driving simulator: procedural streets, exact labels, light and weather, from wheels alone.

Axes are right-handed, in meters: x forward along the road, y to the left, z up.
"""
