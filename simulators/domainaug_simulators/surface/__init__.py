"""Renders parts with defects under controlled light: bright field, dark field, ring, dome, back light.

    worlds.py, meshes.py, parts.py   a plane, a cylinder or a mesh, and its chart in millimeters
    finishes.py, skin.py             slopes, roughness and color on that chart
    defects.py                       defects of `domainaug.manufacturing`, drawn on it
    station.py, lights.py, camera.py what a picture is taken with
    seeing.py, shading.py            kernels: which place a sample shows, and what it sends to the camera
    picture.py                       light, and the exposure it is set up with
    labels.py                        masks and boxes, looked up on the chart
    mitsuba_line.py, mitsuba_child.py    the same station in Mitsuba 3, in a process of its own
    axes.py, simulator.py            what scenarios vary, and the simulator itself

See docs/surface.md.
"""
