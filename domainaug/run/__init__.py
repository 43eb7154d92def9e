"""From a plan to files on disk, and back."""
