"""Augmentation that knows what its field allows."""

from domainaug._version import __version__

__all__ = ["__version__"]
