"""Projects a CT volume to synthetic radiographs, with the labels that follow.

    geometry.py        where source and detector stand, and where points are seen
    spectrum.py, matter.py    the beam; from HU to water and bone
    blades.py          collimation, and how far a scan is long enough
    scatter.py, detector.py   what else reaches the detector, and what it reads
    exposing.py        one exposure, all of the above in order
    shadows.py         masks, thickness and boxes of segments
    worlds.py          a CT series with labels, or the procedural thorax
    thorax.py, vessels.py, drawing.py    that thorax
    dicom.py           a DX image that says it is simulated
    axes.py, simulator.py     what scenarios vary, and the simulator itself

See docs/radiograph-simulator.md.
"""

from domainaug_simulators.radiograph.simulator import RadiographSimulator

__all__ = ["RadiographSimulator"]
