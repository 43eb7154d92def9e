"""What the bytes of a run depend on is told with it."""

from __future__ import annotations

import importlib.metadata

import pytest

from domainaug.kernels.engine import engine, using
from domainaug.run.versions import versions


def test_the_libraries_that_compute_pixels_are_named_with_their_versions():
    found = versions()
    assert {"domainaug", "machine", "albumentations", "numpy", "opencv", "pillow", "scipy", "kernels"} <= found.keys()
    assert found["numpy"] == importlib.metadata.version("numpy")
    assert list(found) == sorted(found)


def test_further_packages_are_named_where_they_are_installed():
    assert versions(["pytest", "no-such-package"]).items() - versions().items() == {
        ("pytest", importlib.metadata.version("pytest"))
    }


def test_the_engine_of_the_kernels_is_named_since_each_has_its_own_bytes():
    with using("plain"):
        assert versions()["kernels"] == "plain"
    if engine() != "numba":
        pytest.skip("numba is not installed")
    assert versions()["kernels"] == f"numba {importlib.metadata.version('numba')}"
