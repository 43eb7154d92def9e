"""What segmentations and structure sets of a copy have in common: who they are, and what they refer to.

They belong to the augmented series: same patient and study, same frame of reference (a new one once content moved),
and references to its images. UIDs are hashes of what is written and of the run, and no time of the run is in them.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID

from domainaug._version import __version__
from domainaug.errors import LabelError
from domainaug.medical.deeds import derived_uid
from domainaug.medical.derive import IMPLEMENTATION_CLASS_UID
from domainaug.medical.enhanced.groups import frame_headers, is_enhanced
from domainaug.medical.labels.grid import Grid
from domainaug.medical.labels.model import Labels
from domainaug.medical.opening import quiet
from domainaug.medical.plausible import numbers_in

__all__ = ["Copy", "coded", "seal"]

_PATIENT = ("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex")
_STUDY = ("StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyID")
_MORE = (
    *("SpecificCharacterSet", "StudyDescription", "ProcedureCodeSequence", "PhysiciansOfRecord"),
    *("NameOfPhysiciansReadingStudy", "AdmittingDiagnosesDescription", "PatientAge", "PatientSize", "PatientWeight"),
    *("OtherPatientIDs", "OtherPatientIDsSequence", "OtherPatientNames", "PatientBirthTime", "EthnicGroup"),
    *("PatientComments", "AdditionalPatientHistory", "MedicalAlerts", "Allergies", "Occupation", "SmokingStatus"),
    *("PregnancyStatus", "PatientState", "PatientSpeciesDescription", "ResponsiblePerson"),
    *("PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence"),
)
"""What else tells of the patient and the study, and must be the same in all files of a study."""


@dataclass(frozen=True, slots=True, eq=False)
class Copy:
    """The augmented series that labels are written for.

    Attributes:
        images: Headers of its images, in slice order; or of the Enhanced objects whose frames its images are.
        grid: Where its voxels lie.
        run: What tells this copy from others of the same source: digest of the profile, seed, number of the copy.
        version: Of domainaug.
    """

    images: tuple[Dataset, ...]
    grid: Grid
    run: tuple[object, ...] = ()
    version: str = __version__
    slices: tuple[tuple[int, int], ...] = field(init=False)
    """Which image, and which frame of it, from 0, each slice is."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "slices", _slices(self.images, self.grid))
        if len(self.slices) != self.grid.shape[0]:
            raise LabelError(f"{len(self.slices)} images do not make up a grid of {self.grid.shape[0]} slices")
        if not self.images[0].get("FrameOfReferenceUID"):
            raise LabelError("the images name no frame of reference, so nothing can be said to lie in it")

    @property
    def enhanced(self) -> bool:
        """Whether its images are frames of Enhanced objects."""
        return is_enhanced(self.images[0])

    def reference(self, number: int) -> Dataset:
        """Return an item that names the image that a slice is (PS3.3 10.3)."""
        image, frame = self.slices[number]
        item = Dataset()
        item.ReferencedSOPClassUID = self.images[image].SOPClassUID
        item.ReferencedSOPInstanceUID = self.images[image].SOPInstanceUID
        if self.enhanced:
            item.ReferencedFrameNumber = frame + 1
        return item

    @property
    def frame_of_reference_uid(self) -> str:
        """UID of the coordinates of the images."""
        return str(self.images[0].FrameOfReferenceUID)

    @property
    def number(self) -> int:
        """Series Number of its labels: that of the images and 1, so that they lie beside them."""
        return min(int(self.images[0].get("SeriesNumber") or 0) + 1, 2**31 - 1)

    def uids(self, labels: Labels, content: Sequence[bytes]) -> tuple[str, str]:
        """Return the SOP and Series Instance UID of labels whose bytes are `content`."""
        digest = hashlib.sha256(b"".join(content)).hexdigest()
        parts = (labels.origin.kind, labels.origin.uid, str(self.images[0].SeriesInstanceUID), *self.run, digest)
        return derived_uid("labels", *parts), derived_uid("labels series", *parts)

    def put_patient(self, out: Dataset) -> None:
        """Write whose and of which study it is."""
        for name in (*_PATIENT, *_STUDY, *_MORE):
            if name in self.images[0]:
                out[name] = self.images[0][name]
            elif name in (*_PATIENT[:2], *_PATIENT[3:], *_STUDY):
                setattr(out, name, "")

    def put_maker(self, out: Dataset, labels: Labels) -> None:
        """Write that it is synthetic, and what made it."""
        out.SyntheticData = "YES"
        out.Manufacturer = out.ManufacturerModelName = "domainaug"
        out.SoftwareVersions = self.version
        before = str(self.images[0].get("SeriesDescription") or "labels")
        out.SeriesDescription = f"AUG {before.removeprefix('AUG ')}"[:64]


def _slices(images: Sequence[Dataset], grid: Grid) -> tuple[tuple[int, int], ...]:
    """Return which image, and which frame of it, each slice is: frames lie in any order in their object."""
    if not is_enhanced(images[0]):
        return tuple((number, 0) for number in range(len(images)))
    found = []
    for image, header in enumerate(images):
        for frame, one in enumerate(frame_headers(header, Path())):
            height = grid.to_index([numbers_in(one.get("ImagePositionPatient"))])[0, 2]
            found.append((round(float(height)), (image, frame)))
    if sorted(height for height, _ in found) != list(range(grid.shape[0])):
        raise LabelError("the frames of the images are not the slices of the grid, one each")
    return tuple(where for _, where in sorted(found))


def coded(value: str, scheme: str, meaning: str) -> Dataset:
    """Return a coded entry."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def seal(out: Dataset, syntax: UID, version: str) -> bytes:
    """Return an object as a file: an empty preamble, the same bytes each time."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = out.SOPClassUID, out.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = f"DOMAINAUG_{version}"[:16].upper()
    stream = io.BytesIO()
    with quiet():
        out.file_meta, out.preamble = meta, bytes(128)
        dcmwrite(stream, out, implicit_vr=syntax.is_implicit_VR, little_endian=True, enforce_file_format=True)
    return stream.getvalue()
