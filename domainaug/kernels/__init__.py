"""The loops that must be fast: resampling, curves, noise, Perlin masks, pasting.

Every function runs on one of two engines: compiled by numba where it is installed, else on OpenCV, SciPy and
NumPy. Both give the same picture within stated tolerances, and each the same bytes for any number of threads.

    maps.py, volume_map.py   where each output pixel or voxel looks
    point.py                 what happens to each value
    warp.py                  pictures and stacks of slices
    resample.py              volumes
    random.py, spectrum.py   noise that depends on a key and a place alone
    perlin.py, paste.py      masks and defects
    engine.py                which engine runs, and warming it up

Import from the module: `from domainaug.kernels.warp import warp`.
"""
