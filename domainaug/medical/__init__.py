"""DICOM series in, derived DICOM series out: CT, MR, PET, radiographs, mammograms, ultrasound, captures.

`read_study` finds the series and says what is wrong with them; `load` and `write_series` take one through a
pipeline and back; `verify` looks for what validators miss, and `validators` asks dciodvfy and dcentvfy.
"""

from domainaug.medical.findings import SeriesFinding
from domainaug.medical.loading import Loaded, load
from domainaug.medical.series import Series
from domainaug.medical.stacks import StackGeometry
from domainaug.medical.study import FileSetAside, Study, read_study
from domainaug.medical.writer import write_series

__all__ = [
    "FileSetAside",
    "Loaded",
    "Series",
    "SeriesFinding",
    "StackGeometry",
    "Study",
    "load",
    "read_study",
    "write_series",
]
