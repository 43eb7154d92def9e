"""Moving label masks; see `domainaug.kernels.plain.labels`."""

from domainaug.kernels.plain.labels import warp_labels

__all__ = ["warp_labels"]
