"""The Preview page: the recipe as sliders, the ways to look at copies, and what is taken along."""
