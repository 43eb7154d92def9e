"""Runs that put synthetic defects on pictures of good parts: so many of each class, masked, gated and written down.

asking.py     what is asked for
labeled.py    which pictures show good parts, and what labels mark
sharing.py    who gets what: over lightings, parts, pictures
planning.py   the plan, before any pixel
making.py     one picture, in a worker
banking.py    a bank of real ones, cut from a labeled data set
writing.py    as MVTec AD, COCO or class folders
counting.py   what came of it
running.py    all of that
"""
