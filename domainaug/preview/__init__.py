"""Look before you train: what a profile makes of one image, and how far its recipe may be turned.

Everything the app's Preview page shows is a function here, and `domainaug preview` prints a sheet of it.

    from domainaug.preview import open_subject, variants

    subject = open_subject("data/", key="images/0001.png")
    for one in variants(subject, profile, seed=7, copies=range(4)):
        one.sample.image, one.happened      # the bytes that `domainaug augment` would write
"""

from domainaug.preview.sources import Subject, open_subject
from domainaug.preview.variants import Variant, variants

__all__ = ["Subject", "Variant", "open_subject", "variants"]
