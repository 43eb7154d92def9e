"""The Explore and Integrate pages: what is in a data set, the plan for it, and the set that is put together."""
