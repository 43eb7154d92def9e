"""Measures domainaug beside the libraries people use: the same work for everyone, one thread, interleaved rounds.

make bench                                     # installs the others into a place of its own, writes docs/benchmarks.md
python -m benchmarks --only perlin-256         # with whatever is installed here

harness.py     cases, contenders, interleaved rounds, what was to be reached
machine.py     processor, memory and versions; one thread for everyone
table.py       the results as Markdown
cases/         the work: one file a family
"""
