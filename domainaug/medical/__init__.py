"""DICOM series in, derived DICOM series out: CT, MR, PET, radiographs, mammograms, ultrasound, captures.

`read_study` finds the series and says what is wrong with them, `report_of` tells what there is; `load` and
`write_series` take a series through a pipeline and back; `verify` looks for what validators miss, and `validators` asks
dciodvfy and dcentvfy.
"""

from domainaug.medical.findings import SeriesFinding
from domainaug.medical.loading import Loaded, load
from domainaug.medical.report import SeriesReport, StudyReport, report_of
from domainaug.medical.series import Series
from domainaug.medical.stacks import StackGeometry
from domainaug.medical.study import FileSetAside, Study, read_study
from domainaug.medical.writer import write_series

__all__ = [
    "FileSetAside",
    "Loaded",
    "Series",
    "SeriesFinding",
    "SeriesReport",
    "StackGeometry",
    "Study",
    "StudyReport",
    "load",
    "read_study",
    "report_of",
    "write_series",
]
