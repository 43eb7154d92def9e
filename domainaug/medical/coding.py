"""Items that derived objects are full of: codes, references, and who stands behind codes of ours."""

from __future__ import annotations

from pydicom import Dataset

from domainaug.medical.deeds import OURS, Code

__all__ = ["coded", "name_scheme", "referring"]


def coded(code: Code) -> Dataset:
    """Return a coded entry (PS3.3 8.8)."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code.value, code.scheme, code.meaning
    return item


def referring(kind: str, uid: str) -> Dataset:
    """Return an item that names an object by its SOP Class and Instance UID (PS3.3 10.8)."""
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = kind, uid
    return item


def name_scheme(out: Dataset) -> None:
    """Write who stands behind our codes, once (PS3.3 C.12.1.1.1)."""
    known = list(out.get("CodingSchemeIdentificationSequence") or ())
    if any(one.get("CodingSchemeDesignator") == OURS for one in known):
        return
    scheme = Dataset()
    scheme.CodingSchemeDesignator = OURS
    scheme.CodingSchemeName = "domainaug effects"
    scheme.CodingSchemeResponsibleOrganization = "domainaug"
    out.CodingSchemeIdentificationSequence = [*known, scheme]
