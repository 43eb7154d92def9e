"""What runs in the process of CARLA's client, whose bad data ends a process and never a run."""
