"""`Grid`, where labels find it; it is that of images, see `domainaug.medical.grid`."""

from domainaug.medical.grid import Grid

__all__ = ["Grid"]
