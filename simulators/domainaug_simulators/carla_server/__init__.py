"""A server that speaks CARLA's protocol in front of the street simulator: scripts for CARLA run without a GPU."""
