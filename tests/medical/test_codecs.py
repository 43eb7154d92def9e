"""Fast codecs: what the strict decoders give, or nothing."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import HTJ2KLossless, JPEG2000Lossless, JPEGLSLossless, RLELossless

from domainaug.errors import UnreadableInput
from domainaug.medical import codecs, load
from domainaug.medical.instance import describe
from domainaug.medical.opening import open_dicom
from domainaug.medical.pixels import decode, pixel_type

pytest.importorskip("imagecodecs")

SYNTAXES = {"rle": RLELossless, "j2k": JPEG2000Lossless, "jls": JPEGLSLossless, "htj2k": HTJ2KLossless}


@pytest.fixture
def compressed(tmp_path, real):
    """A CT slice in a lossless transfer syntax."""

    def make(kind, *, signed=True, stored=16, frame=None):
        import imagecodecs

        dataset = pydicom.dcmread(real("CT_small.dcm"))
        lowest = -(1 << stored - 1) if signed else 0
        rng = np.random.default_rng(3)
        pixels = rng.integers(lowest, (1 << stored - signed), (37, 41)).astype("i2" if signed else "u2")
        pixels[:, :20] = 5
        dataset.Rows, dataset.Columns, dataset.BitsStored, dataset.HighBit = 37, 41, stored, stored - 1
        dataset.PixelRepresentation = int(signed)
        dataset.pop("PixelPaddingValue")
        if kind == "rle":
            dataset.compress(RLELossless, pixels, generate_instance_uid=False)
        else:
            encode = {
                "j2k": lambda: imagecodecs.jpeg2k_encode(
                    pixels, level=0, reversible=True, codecformat="j2k", bitspersample=stored
                ),
                "jls": lambda: imagecodecs.jpegls_encode(pixels.view("u2") & (1 << stored) - 1),
                "htj2k": lambda: imagecodecs.htj2k_encode(pixels),
            }[kind]
            dataset.PixelData = encapsulate([encode()])
            dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
        if frame is not None:
            dataset.PixelData = encapsulate([frame])
        dataset.file_meta.TransferSyntaxUID = SYNTAXES[kind]
        dataset.save_as(tmp_path / f"{kind}.dcm")
        return tmp_path / f"{kind}.dcm", pixels

    return make


def taken_apart(path):
    dataset = open_dicom(path, pixels=True)
    return dataset, describe(dataset, path), get_frame(dataset.PixelData, 0, number_of_frames=1)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("kind", SYNTAXES)
def test_pixels_are_those_of_the_strict_decoder(kind, signed, compressed):
    path, pixels = compressed(kind, signed=signed)
    dataset, instance, frame = taken_apart(path)
    plane = np.empty(pixels.shape, pixel_type(instance.storage))
    assert codecs.fits(frame, instance)
    assert codecs.decode_into(plane, frame, instance)
    assert np.array_equal(plane, decode(dataset, instance))
    assert np.array_equal(plane, pixels)


@pytest.mark.parametrize("name", ["MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm"])
def test_real_files_decode_to_their_uncompressed_twin(name, real):
    assert np.array_equal(load([real(name)] * 3).view.stored[1], load([real("MR_small.dcm")]).view.stored[0])


@pytest.mark.parametrize("kind", ["rle", "j2k", "jls"])
def test_damage_decodes_to_what_the_strict_decoder_gives_or_is_left_to_it(kind, compressed):
    path, pixels = compressed(kind)
    _, instance, frame = taken_apart(path)
    rng, strict_too = np.random.default_rng(1), 0
    for turn in range(150):
        damaged = bytearray(frame[: rng.integers(1, len(frame))] if turn % 3 == 0 else frame)
        for at in rng.integers(0, min(len(damaged), 80 if turn % 2 else len(damaged)), rng.integers(0, 3)):
            damaged[at] = rng.integers(0, 256)
        plane = np.empty(pixels.shape, pixel_type(instance.storage))
        content = bytes(damaged)
        if not (codecs.fits(content, instance) and codecs.decode_into(plane, content, instance)):
            continue
        path, _ = compressed(kind, frame=content)
        try:
            assert np.array_equal(decode(open_dicom(path, pixels=True), instance), plane)
            strict_too += 1
        except UnreadableInput:
            assert kind != "rle"  # its strict decoder and ours agree on what is damaged
    assert strict_too > 0


def test_a_picture_of_another_size_or_sign_is_left_to_the_strict_decoder(compressed):
    _, instance, frame = taken_apart(compressed("j2k", signed=False)[0])
    assert codecs.fits(frame, instance)
    for other in (compressed("j2k", signed=True)[0], compressed("j2k", signed=False, stored=12)[0]):
        assert not codecs.fits(taken_apart(other)[2], instance)
    assert not codecs.fits(b"", instance)


def test_a_run_length_code_far_too_short_for_its_picture_takes_no_memory(compressed):
    _, instance, frame = taken_apart(compressed("rle")[0])
    assert codecs.fits(frame, instance)
    assert not codecs.fits(frame[:40], instance)


def test_segments_that_lead_out_of_the_picture_are_not_followed(compressed):
    path, pixels = compressed("rle")
    _, instance, frame = taken_apart(path)
    plane = np.empty(pixels.shape, pixel_type(instance.storage))
    for offset in (63, 2**31, 13698858, len(frame) + 1):
        assert not codecs.decode_into(plane, frame[:8] + offset.to_bytes(4, "little") + frame[12:], instance)


def test_codecs_with_loss_are_not_decoded_here():
    assert codecs.decodes(RLELossless)
    assert not codecs.decodes("1.2.840.10008.1.2.4.50")
    assert not codecs.decodes("1.2.840.10008.1.2.4.91")


def test_without_imagecodecs_everything_is_left_to_the_strict_decoders(compressed, monkeypatch):
    path, pixels = compressed("rle")
    monkeypatch.setattr(codecs, "_codecs", lambda: None)
    assert not codecs.decodes(RLELossless)
    assert np.array_equal(load([path]).view.stored[0], pixels)
