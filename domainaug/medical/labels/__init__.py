"""Labels of studies: read, moved with their image, and written again.

    from domainaug.medical.labels import Grid, move, read_labels

A `Labels` holds masks on a grid of their own, contours and landmarks, all in the patient's coordinates. `move` takes
them through the very map that an image went through, whatever grid they lie on. See docs/labels.md.

    grid.py, model.py              where voxels lie; what labels are
    seg.py, structures.py          reading DICOM segmentations and structure sets
    nifti.py, pictures.py, points.py    reading and writing NIfTI, PNG per slice, landmarks in JSON and CSV
    belonging.py                   which series labels belong to
    journey.py, moving.py          the way of an image as one map; labels along it
    outlines.py, sides.py          curves to voxels and back; left and right
    write_seg.py, write_structures.py, writing.py    DICOM of a copy
"""

from domainaug.medical.labels.belonging import belonging, read_labels
from domainaug.medical.labels.grid import Grid
from domainaug.medical.labels.journey import Journey
from domainaug.medical.labels.model import Contour, Labels, Landmark, Mask, Origin, Segment
from domainaug.medical.labels.moving import Moved, move
from domainaug.medical.labels.nifti import read_nifti, write_nifti
from domainaug.medical.labels.pictures import read_pictures, write_pictures
from domainaug.medical.labels.points import read_points, write_points
from domainaug.medical.labels.seg import read_seg
from domainaug.medical.labels.structures import read_structures
from domainaug.medical.labels.write_seg import write_seg
from domainaug.medical.labels.write_structures import write_structures
from domainaug.medical.labels.writing import Copy

__all__ = [
    "Contour",
    "Copy",
    "Grid",
    "Journey",
    "Labels",
    "Landmark",
    "Mask",
    "Moved",
    "Origin",
    "Segment",
    "belonging",
    "move",
    "read_labels",
    "read_nifti",
    "read_pictures",
    "read_points",
    "read_seg",
    "read_structures",
    "write_nifti",
    "write_pictures",
    "write_points",
    "write_seg",
    "write_structures",
]
