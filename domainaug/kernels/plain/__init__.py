"""The kernels on NumPy, cv2 and SciPy: what runs without numba, and what the compiled ones are tested against.

One file for each file of `domainaug.kernels.jit`, with the same functions.
"""
