"""DICOM series in, derived DICOM series out."""
