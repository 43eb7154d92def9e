"""From a scenario to files: labels that agree, bytes that stay, headers that hold."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from domainaug.errors import DomainAugError, ScenarioError, UnknownName, UnreadableInput
from domainaug.medical.study import read_study
from domainaug.medical.validators import dcentvfy, dciodvfy, find_tool
from domainaug.run import simulate
from domainaug.run.ledger import Ledger
from domainaug.scenario import read_scenario, simulator_named

CT5N = Path(get_testdata_file("dicomdirtests/98892001/CT5N/2062")).parent
SMALL = "rows: 96, columns: 96, pitch: 4.5 mm"
needs_validator = pytest.mark.skipif(find_tool("dciodvfy") is None, reason="dciodvfy is not installed")


def written(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text("id: test\nsimulator: radiograph\n" + text)
    return path


def rendered(folder: Path, text: str, name: str = "out"):
    """Render a scenario and return its summary and its variants by their values."""
    summary = simulate(written(folder, text), folder / name, engine="serial")
    rows = [json.loads(line) for line in (folder / name / "variants.jsonl").read_text().splitlines()]
    return summary, rows


def phantom(vary: str, fixed: str = SMALL, more: str = "") -> str:
    world = "world: {phantom: thorax, voxel: 8.0}\n"
    return f"{world}fixed: {{{fixed}}}\nvary: {{{vary}}}\nsample: {{method: grid}}\n{more}"


@pytest.fixture(autouse=True, scope="module")
def drawn_once():
    """Drawing the thorax takes seconds; what is drawn is never changed."""
    from functools import cache

    from domainaug_simulators.radiograph import worlds

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worlds, "thorax", cache(worlds.thorax))
        yield


def test_it_is_found_by_its_entry_point():
    assert simulator_named("radiograph").name == "radiograph"
    with pytest.raises(UnknownName, match="did you mean 'radiograph'"):
        simulator_named("radigraph")


@pytest.fixture(scope="module")
def views(tmp_path_factory):
    folder = tmp_path_factory.mktemp("views")
    return folder, *rendered(folder, phantom("view: [PA, LL], exposure: [1.0, 8.0]"))


def test_every_variant_is_a_dx_image_that_says_it_is_simulated(views):
    folder, summary, rows = views
    assert (summary.run.done, summary.exit_code) == (4, 0)
    uids = set()
    for row in rows:
        image = pydicom.dcmread(folder / "out" / row["files"][0])
        uids.add(image.SOPInstanceUID)
        assert image.SyntheticData == "YES"
        assert list(image.ImageType)[:2] == ["DERIVED", "SECONDARY"]
        assert "SIMULATED" in image.DerivationDescription
        assert f"{row['values']['exposure']:g} uGy" in image.DerivationDescription
        for never in ("KVP", "Exposure", "XRayTubeCurrent", "ExposureTime", "Grid", "ExposureInuAs"):
            assert never not in image
        assert image.DistanceSourceToDetector == 1800
        assert image.pixel_array.shape == (96, 96)
        assert image.PatientOrientation == (["L", "F"] if row["values"]["view"] == "PA" else ["P", "F"])
    assert len(uids) == 4
    assert len({pydicom.dcmread(folder / "out" / row["files"][0]).SeriesInstanceUID for row in rows}) == 1


def test_labels_are_the_same_bytes_where_only_the_light_differs(views):
    folder, _, rows = views
    by_view: dict[str, list] = {}
    for row in rows:
        files = sorted(name for name in row["files"] if not name.endswith("image.dcm"))
        content = {Path(name).name: (folder / "out" / name).read_bytes() for name in files}
        by_view.setdefault(row["values"]["view"], []).append((row["labels"], content))
    for (first, one), (second, other) in by_view.values():
        assert first == second
        assert one == other
        assert len(one) > 15
    assert by_view["PA"][0] != by_view["LL"][0]


def test_labels_lie_on_what_they_name(views):
    folder, _, rows = views
    row = next(row for row in rows if row["values"]["view"] == "PA" and row["values"]["exposure"] == 8.0)
    place = folder / "out" / "variants" / row["id"]
    picture = pydicom.dcmread(place / "image.dcm").pixel_array.astype(float)
    labels = json.loads((place / "labels.json").read_text())
    by_name = {one["name"]: one for one in labels["segments"]}
    lung = cv2.imread(str(place / "mask-002.png"), -1) > 0
    spine = cv2.imread(str(place / "mask-006.png"), -1) > 0
    assert picture[lung & ~spine].mean() < picture[spine & ~lung].mean()  # bone is white, lung is dark
    left, _, right, _ = by_name["left lung"]["box"]
    assert (left + right) / 2 > 48  # the patient's left is on the right
    thickness = cv2.imread(str(place / "thickness-003.png"), -1) / labels["thickness_levels_per_mm"]
    assert thickness.max() == pytest.approx(by_name["heart"]["thickest_mm"], abs=0.01)
    assert 80 < thickness.max() < 200
    points = {one["name"]: one for one in labels["landmarks"]}
    assert points["right apex"]["x"] < 48 < points["left apex"]["x"]
    assert points["carina"]["seen"]


def test_the_record_maps_the_patient_to_the_picture(views):
    folder, _, rows = views
    with Ledger(folder / "out" / "ledger.sqlite") as ledger:
        records = {row.key: row.record for row in ledger.rows()}
    for row in rows:
        labels = json.loads((folder / "out" / "variants" / row["id"] / "labels.json").read_text())
        carina = next(one for one in labels["landmarks"] if one["name"] == "carina")
        x, y, w = np.array(records[row["id"]]["geometry"]["projection_matrix"]) @ (0.0, 20.0, 36.0, 1.0)
        assert (x / w, y / w) == pytest.approx((carina["x"], carina["y"]), abs=1e-3)


def test_more_exposure_is_less_noise(views):
    folder, _, rows = views
    grain = {}
    for row in rows:
        if row["values"]["view"] == "PA":
            picture = pydicom.dcmread(folder / "out" / row["files"][0]).pixel_array.astype(float)
            grain[row["values"]["exposure"]] = picture
    text = phantom("exposure: [1.0, 8.0]", SMALL + ", noise: 'off'")
    _, quiet = rendered(folder, text, "quiet")
    still = {
        row["values"]["exposure"]: pydicom.dcmread(folder / "quiet" / row["files"][0]).pixel_array for row in quiet
    }
    body = still[1.0] > np.median(still[1.0])
    spread = {dose: (grain[dose] - still[dose])[body].std() for dose in grain}
    assert spread[1.0] / spread[8.0] > 1.7  # the root of 8 is 2.8; rounding and electronics take their part


def test_the_same_again_is_the_same_bytes_and_another_seed_other_noise(tmp_path):
    text = phantom("roll: [0, 4]")

    def pictures(name, more=""):
        _, rows = rendered(tmp_path, text + more, name)
        return {row["id"]: (tmp_path / name / row["files"][0]).read_bytes() for row in rows}

    first = pictures("one")
    assert pictures("two") == first
    other = pictures("three", "seed: 5\n")
    assert set(other) == set(first)
    assert all(other[key] != first[key] for key in first)


def test_png_comes_with_what_is_known_of_it(tmp_path):
    _, rows = rendered(tmp_path, phantom("bits: [8, 12]", SMALL + ", format: png"))
    for row in rows:
        place = tmp_path / "out" / "variants" / row["id"]
        picture = cv2.imread(str(place / "image.png"), -1)
        assert picture.dtype == (np.uint8 if row["values"]["bits"] == 8 else np.uint16)
        told = json.loads((place / "image.json").read_text())
        assert told["values"] == row["values"]
        assert 0 < told["facts"]["scatter_fraction"] < 1
        assert told["geometry"]["patient_orientation"] == ["L", "F"]


def test_axes_do_what_they_are_called(tmp_path):
    """One thing at a time against the defaults, without noise."""
    changes = {"grid": "none", "scatter": 0.0, "kvp": 60.0, "photometric": "MONOCHROME1", "field_width": 0.5}
    base = SMALL + ", noise: 'off', processing: raw"

    def one(name, **values):
        given = ", ".join([base, *(f"{key}: {value}" for key, value in values.items())])
        _, (row,) = rendered(tmp_path, f"world: {{phantom: thorax, voxel: 8.0}}\nfixed: {{{given}}}\n", name)
        with Ledger(tmp_path / name / "ledger.sqlite") as ledger:
            record = next(iter(ledger.rows())).record
        return pydicom.dcmread(tmp_path / name / row["files"][0]), record

    plain, facts = one("plain")
    made = {name: one(name, **{name: value}) for name, value in changes.items()}
    assert made["grid"][1]["facts"]["scatter_fraction"] > facts["facts"]["scatter_fraction"] + 0.2
    assert made["scatter"][1]["facts"]["scatter_fraction"] == 0
    assert made["kvp"][1]["facts"]["mean_energy_kev"] < facts["facts"]["mean_energy_kev"] - 10
    inverse = made["photometric"][0]
    assert np.abs(4095 - inverse.pixel_array.astype(int) - plain.pixel_array).max() <= 1
    assert (inverse.PresentationLUTShape, inverse.PixelIntensityRelationshipSign) == ("INVERSE", 1)
    narrow = made["field_width"][0]
    assert narrow.CollimatorLeftVerticalEdge == 24
    assert narrow.pixel_array[48, 5] > plain.pixel_array[48, 5]  # little exposure is white


def test_a_tube_too_near_and_a_view_too_steep_are_set_aside_with_a_reason(tmp_path):
    summary, rows = rendered(
        tmp_path, phantom("source_to_detector: [330, 1800], tilt: [0, 60]", SMALL.replace("4.5", "6"))
    )
    assert summary.exit_code == 1
    reasons = " ".join(one.reason for one in summary.run.set_aside)
    assert "the focal spot would be" in reasons
    assert "too short" in reasons
    assert {(row["values"]["source_to_detector"], row["values"]["tilt"]) for row in rows} == {(1800.0, 0.0)}


# -- from a CT --------------------------------------------------------------------------------------------

ONE_CT = f"world: {{ct: {CT5N}}}\nfixed: {{rows: 60, columns: 60, pitch: 0.25 mm, source_to_detector: 4000 mm}}\n"


@pytest.fixture(scope="module")
def from_ct(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ct")
    summary, rows = rendered(
        folder, ONE_CT + "vary: {view: [PA, LL], processing: [raw, shown]}\nsample: {method: grid}\n"
    )
    return folder, summary, [folder / "out" / row["files"][0] for row in rows]


def test_a_radiograph_stays_in_the_study_of_its_ct_and_names_every_slice(from_ct):
    _, summary, images = from_ct
    assert summary.run.done == 4
    source = pydicom.dcmread(CT5N / "2062")
    for path in images:
        image = pydicom.dcmread(path)
        for name in ("PatientID", "PatientName", "StudyInstanceUID", "StudyDate", "AccessionNumber"):
            assert image.get(name) == source.get(name)
        assert image.SeriesInstanceUID != source.SeriesInstanceUID
        assert len(image.SourceImageSequence) == 5
        assert {item.SpatialLocationsPreserved for item in image.SourceImageSequence} == {"NO"}
        assert image.ReferencedSeriesSequence[0].SeriesInstanceUID == source.SeriesInstanceUID
        assert "FrameOfReferenceUID" not in image


@needs_validator
def test_no_error_under_dciodvfy_and_none_among_them(from_ct, views):
    folder, _, rows = views
    _, _, images = from_ct
    phantoms = [folder / "out" / row["files"][0] for row in rows]
    for path in (*images, *phantoms):
        assert dciodvfy(path) == frozenset()
    assert not [line for line in dcentvfy([*images, *sorted(CT5N.iterdir())]) if line.startswith("Error")]


def test_the_library_reads_what_it_wrote(from_ct):
    _, _, images = from_ct
    study = read_study([path for path in images if "1.1.1" in pydicom.dcmread(path).SOPClassUID])
    assert not study.set_aside
    assert {series.modality for series in study.series} == {"DX"}


def test_nobody_is_named_outside_dicom(from_ct):
    folder, _, _ = from_ct
    source = pydicom.dcmread(CT5N / "2062")
    told = [source.PatientID, str(source.PatientName), source.StudyInstanceUID, source.AccessionNumber]
    for path in folder.joinpath("out").rglob("*"):
        if path.is_file() and path.suffix != ".dcm":
            content = path.read_bytes()
            assert not [one for one in map(str, told) if len(one) > 2 and one.encode() in content], path.name


def test_segments_and_landmarks_come_along(tmp_path):
    from domainaug.medical.labels import Grid, Labels, Mask, Segment, write_nifti

    series = next(one for one in read_study(CT5N).series)
    grid = Grid.of_series(series)
    values = np.zeros(grid.shape, np.uint8)
    values[1:4, 4:12, 4:12] = 3
    (tmp_path / "mask.nii.gz").write_bytes(write_nifti(Labels((Segment(3),), (Mask(grid, values),))))
    point = grid.to_mm([[8, 8, 2]])[0].tolist()
    (tmp_path / "points.json").write_text(json.dumps({"landmarks": [{"name": "here", "point": point}]}))
    text = ONE_CT.replace("}\nfixed", ", labels: [mask.nii.gz, points.json]}\nfixed")
    _, (row,) = rendered(tmp_path, text)
    labels = json.loads((tmp_path / "out" / "variants" / row["id"] / "labels.json").read_text())
    (segment,) = labels["segments"]
    assert segment["segment"] == 3
    assert segment["thickest_mm"] == pytest.approx(8 * grid.steps[1], rel=0.01)
    left, top, right, bottom = segment["box"]
    (landmark,) = labels["landmarks"]
    assert landmark["name"] == "here"
    assert left < landmark["x"] < right
    assert top < landmark["y"] < bottom


@pytest.mark.parametrize(
    ("world", "error", "said"),
    [
        ("{}", DomainAugError, "ct: FOLDER"),
        ("{phantom: thorx}", ScenarioError, "did you mean 'thorax'"),
        ("{phantom: thorax, sed: 1}", ScenarioError, "did you mean 'seed'"),
        ("{phantom: thorax, voxel: 0.1}", DomainAugError, "between 0.75 and 10"),
        ("{phantom: thorax, nodules: -1}", DomainAugError, "from 0 to 100"),
        (f"{{ct: {CT5N}, labels: [none.nii]}}", ScenarioError, "no file of labels"),
        (f"{{ct: {CT5N}, series: abc}}", ScenarioError, "no CT series"),
        ("{ct: nowhere}", UnreadableInput, "no such file or folder"),
        (f"{{ct: {CT5N.parents[1] / '98892003'}}}", UnreadableInput, "no CT series that is an even stack"),
    ],
)
def test_worlds_that_cannot_be_used_say_why(tmp_path, world, error, said):
    path = written(tmp_path, f"world: {world}\n")
    with pytest.raises(error, match=said):
        simulate(path, tmp_path / "out", engine="serial")
    assert not (tmp_path / "out").exists()


def test_the_output_may_not_lie_in_the_scan(tmp_path):
    shutil.copytree(CT5N, tmp_path / "ct")
    path = written(tmp_path, "world: {ct: ct}\n")
    with pytest.raises(DomainAugError, match="inside the source"):
        simulate(path, tmp_path / "ct" / "out", engine="serial")


def test_limits_of_the_chest_profile_bind_the_pose(tmp_path):
    drawn = phantom("roll: {from: -30, to: 30}", more="limits: medical/chest-xray\n")
    drawn = drawn.replace("method: grid", "method: sobol, count: 8")
    summary = simulate(written(tmp_path, drawn), tmp_path / "out", engine="serial", dry_run=True)
    assert {one.code for one in summary.run.set_aside} >= {"MED102"}
    assert 0 < summary.run.items < 8
    listed = phantom("roll: [0, 5], field_width: [1.0, 0.2]", more="limits: medical/chest-xray\n")
    with pytest.raises(DomainAugError, match=r"MED106: field_of_view would be 0\.2"):
        simulate(written(tmp_path, listed), tmp_path / "out", engine="serial", dry_run=True)
    assert not (tmp_path / "out").exists()


def test_the_scenarios_in_the_documents_can_be_read():
    found = sorted((Path(__file__).parents[3] / "docs" / "scenarios").glob("*.yaml"))
    assert found
    for path in found:
        scenario = read_scenario(path)
        assert scenario.spreads or scenario.world["frames"] > 1
