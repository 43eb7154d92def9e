"""From a scenario to files: labels that agree, bytes that stay, faults in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from domainaug.errors import DomainAugError, MissingExtra, ScenarioError, UnknownName, UnreadableInput
from domainaug.run import replay, simulate
from domainaug.run.ledger import Ledger
from domainaug.scenario import simulator_named

SMALL = "rows: 48, columns: 56, pitch: 0.5"
DEFECTS = "[{kind: scratch, at: [-4, 3], length_mm: 9}, {kind: dent, at: [5, -4], diameter_mm: 5, seed: 8}]"


def written(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text("id: test\nsimulator: surface\n" + text)
    return path


def plane(vary: str = "{}", fixed: str = SMALL, world: str = "", more: str = "") -> str:
    inside = f"width: 24, height: 20, detail: 0.1, defects: {DEFECTS}{world}"
    return f"world: {{{inside}}}\nfixed: {{{fixed}}}\nvary: {vary}\nsample: {{method: grid}}\n{more}"


def rendered(folder: Path, text: str, name: str = "out", **more):
    summary = simulate(written(folder, text), folder / name, **{"engine": "serial"} | more)
    rows = [json.loads(line) for line in (folder / name / "variants.jsonl").read_text().splitlines()]
    return summary, rows


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("variants/*/*"))}


def picture(path: Path):
    return cv2.imdecode(np.fromfile(path, np.uint8), -1)


@pytest.fixture(scope="module")
def lights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lights")
    text = plane("{light: [bright-field, dark-field, dome], spin: [0, 30]}")
    return folder, *rendered(folder, text)


def test_it_is_found_by_its_entry_point():
    assert simulator_named("surface").name == "surface"
    with pytest.raises(UnknownName, match="did you mean 'surface'"):
        simulator_named("surfase")


def test_every_variant_has_its_picture_the_clean_one_masks_and_labels(lights):
    folder, summary, rows = lights
    assert (summary.run.done, summary.exit_code) == (6, 0)
    for row in rows:
        place = folder / "out" / "variants" / row["id"]
        names = {path.name for path in place.iterdir()}
        assert names == {"image.png", "clean.png", "mask.png", "mask-001.png", "mask-002.png", "labels.json"}
        assert Path(row["files"][0]).name == "image.png"
        assert picture(place / "image.png").shape == (48, 56, 3)
        masks = [picture(place / f"mask-{n:03d}.png") > 0 for n in (1, 2)]
        assert np.array_equal(masks[0] | masks[1], picture(place / "mask.png") > 0)
        told = json.loads((place / "labels.json").read_text())["defects"]
        assert [one["kind"] for one in told] == ["scratch", "dent"]
        for one, mask in zip(told, masks, strict=True):
            rows_, columns = np.nonzero(mask)
            around = [columns.min(), rows_.min(), columns.max() + 1, rows_.max() + 1]
            assert one["box"] == around
            assert one["pixels"] == mask.sum()
        assert told[1]["parameters"]["diameter_mm"] == 5
        assert told[1]["pixels"] * 0.25 == pytest.approx(told[1]["area_mm2"], rel=0.06)


def test_labels_are_the_same_bytes_where_only_the_light_differs(lights):
    folder, _, rows = lights
    by_pose: dict[float, set] = {}
    for row in rows:
        place = folder / "out" / "variants" / row["id"]
        content = tuple(
            (path.name, path.read_bytes()) for path in sorted(place.glob("*[ks]*.*")) if path.name[0] != "i"
        )
        assert len(content) == 4
        by_pose.setdefault(row["values"]["spin"], set()).add((row["labels"], content))
    assert [len(one) for one in by_pose.values()] == [1, 1]
    assert by_pose[0.0] != by_pose[30.0]


def test_the_record_tells_what_of_a_defect_is_to_be_seen(lights):
    folder, _, rows = lights
    with Ledger(folder / "out" / "ledger.sqlite") as ledger:
        records = {row.key: row.record for row in ledger.rows()}
    dents = {row["values"]["light"]: records[row["id"]]["contrast"]["2"] for row in rows if row["values"]["spin"] == 0}
    assert dents["bright-field"] > 2 * dents["dome"] > 0


def test_any_number_of_workers_and_a_second_go_give_the_same_bytes(lights, tmp_path):
    folder, _, _ = lights
    text = plane("{light: [bright-field, dark-field, dome], spin: [0, 30]}")
    rendered(tmp_path, text, engine="local", workers=2)
    assert files(tmp_path / "out") == files(folder / "out")
    assert replay(folder / "out", engine="serial").exit_code == 0


def test_another_seed_is_other_noise_and_the_same_labels(lights, tmp_path):
    folder, _, _ = lights
    rendered(tmp_path, plane("{light: [bright-field, dark-field, dome], spin: [0, 30]}"), seed=9)
    one, two = files(folder / "out"), files(tmp_path / "out")
    assert set(one) == set(two)
    assert {Path(name).name for name in one if one[name] != two[name]} == {"image.png", "clean.png"}


def test_axes_do_what_they_are_called(tmp_path):
    """One thing at a time against the defaults, without noise."""
    changes = {
        "intensity": 0.5, "finish": "cast", "finish_seed": 3, "grain": 40.0, "azimuth": 0.0, "elevation": 80.0,
        "light_size": 100.0, "light_distance": 60.0, "defocus": 20.0, "softness": 2.0, "response": "linear",
        "light": "ring", "working_distance": 90.0, "lens": "telecentric", "samples": 1, "noise": "'on'",
        "tilt_across": 20.0, "shift_across": 2.0,
    }  # fmt: skip
    base = SMALL + ", noise: 'off'"

    def one(name, **values):
        kept = {part.split(":")[0]: part for part in base.split(", ")}
        given = ", ".join((kept | {key: f"{key}: {value}" for key, value in values.items()}).values())
        _, (row,) = rendered(tmp_path, plane(fixed=given), name)
        return picture(tmp_path / name / "variants" / row["id"] / "clean.png").astype(float)

    plain = one("plain")
    made = {name: one(name, **{name: value}) for name, value in changes.items()}
    for name, changed in made.items():
        assert np.abs(changed - plain).mean() > 0.02, name
    assert made["intensity"].mean() < 0.85 * plain.mean()
    inside = slice(8, 40)
    assert made["softness"][inside, inside].std(axis=0).mean() < plain[inside, inside].std(axis=0).mean()
    assert one("gray", channels="gray").ndim == 2


def test_samples_of_the_light_are_what_the_ledger_says(tmp_path):
    text = plane("{azimuth: {from: 0, to: 360}, finish: [brushed, cast]}", more="").replace(
        "method: grid", "method: sobol, count: 4"
    )
    summary, rows = rendered(tmp_path, text)
    assert summary.run.done == 4
    assert len({row["labels"] for row in rows}) == 1


def test_an_embossed_relief_is_lit_from_its_side(tmp_path):
    relief = np.zeros((100, 120), np.uint8)
    relief[30:70, 40:80] = 255
    cv2.imwrite(str(tmp_path / "relief.png"), relief)
    world = ", relief: {file: relief.png, height: 0.6}"
    _, rows = rendered(
        tmp_path, plane("{azimuth: [90, -90]}", SMALL + ", finish: painted, noise: 'off', elevation: 35", world)
    )
    shown = {
        row["values"]["azimuth"]: picture(tmp_path / "out" / "variants" / row["id"] / "clean.png").astype(float)
        for row in rows
    }
    difference = (shown[90.0] - shown[-90.0]).mean(axis=2)[:, 24:32].mean(axis=1)
    assert difference[14:19].max() > 8  # its upper wall faces the light from above
    assert difference[29:34].min() < -8


def test_mitsuba_renders_the_same_variant_with_the_same_labels(tmp_path):
    pytest.importorskip("mitsuba", reason="Mitsuba 3 is not installed")
    fixed = "rows: 24, columns: 28, pitch: 1.0, noise: 'off', finish: plastic"
    summary, rows = rendered(tmp_path, plane("{renderer: [shader, mitsuba]}", fixed))
    assert summary.exit_code == 0
    places = [tmp_path / "out" / "variants" / row["id"] for row in rows]
    shown = [picture(place / "clean.png").astype(float) for place in places]
    assert np.abs(shown[0] - shown[1]).mean() < 12
    assert rows[0]["labels"] == rows[1]["labels"]
    assert len({(place / "labels.json").read_bytes() for place in places}) == 1


def test_mitsuba_that_is_not_there_is_told_before_anything_is_written(tmp_path, monkeypatch):
    from domainaug_simulators.surface import mitsuba_line

    monkeypatch.setattr(mitsuba_line.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DomainAugError, match=r'pip install "domainaug\[surface\]"'):
        rendered(tmp_path, plane(fixed=SMALL + ", renderer: mitsuba"))
    assert not (tmp_path / "out").exists()
    with pytest.raises(MissingExtra):
        mitsuba_line.need_mitsuba()


@pytest.mark.parametrize(
    ("world", "error", "said"),
    [
        ("{shape: plan}", ScenarioError, "did you mean 'plane'"),
        ("{shape: plane, widht: 3}", ScenarioError, "did you mean 'width'"),
        ("{shape: plane, diameter: 3}", ScenarioError, "'diameter'"),
        ("{width: -3}", ScenarioError, "width=-3; it is a number of mm"),
        ("{width: 500, height: 500, detail: 0.01}", ScenarioError, "million texels.*raise detail"),
        ("{color: [1, 2, 3]}", ScenarioError, "shares of light that come back"),
        ("{relief: {file: none.png, height: 1}}", UnreadableInput, "no such picture of a relief"),
        ("{relief: {file: none.png, height: 0}}", ScenarioError, "number of mm"),
        ("{shape: mesh}", ScenarioError, "a mesh needs the file"),
        ("{shape: mesh, file: none.obj}", UnreadableInput, "there is no such mesh"),
        ("{shape: mesh, file: part.step}", UnreadableInput, "one of .obj, .ply, .stl"),
        ("{defects: [{kind: scrach}]}", ScenarioError, "did you mean 'scratch'"),
        ("{defects: [{kind: missing}]}", ScenarioError, "missing needs a photograph"),
        ("{defects: [{kind: dent, diametr_mm: 3}]}", ScenarioError, "did you mean 'diameter_mm'"),
        ("{defects: [{kind: dent, diameter_mm: -3}]}", ScenarioError, "number 1: dent: diameter_mm"),
        ("{defects: [{kind: dent, at: 3}]}", ScenarioError, "mm to the right, mm downward"),
        ("{defects: [{kind: dent, seed: x}]}", ScenarioError, "seed='x'"),
        ("{defects: 3}", ScenarioError, "a list of entries"),
        (
            "{width: 10, height: 10, defects: [{kind: dent, diameter_mm: 30}]}",
            DomainAugError,
            "a dent of 30 mm does not",
        ),
        ("{width: 10, height: 10, defects: [{kind: dent, at: [9, 0]}]}", DomainAugError, "lies beside it"),
    ],
)
def test_worlds_that_cannot_be_used_say_why(tmp_path, world, error, said):
    with pytest.raises(error, match=said):
        rendered(tmp_path, f"world: {world}\nfixed: {{{SMALL}}}\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("fixed", "said"),
    [
        ("finish: bruhsed", "did you mean 'brushed'"),
        ("light: rign", "did you mean 'ring'"),
        ("defect: dint", "did you mean 'dent'"),
        ("elevation: -10", "would reach 45.7 mm below the surface"),
        ("light: dark-field, grazing: 3", "mm below the surface"),
        ("light: ring, elevation: 5, light_size: 60", "mm below the surface"),
        ("working_distance: 10, tilt_down: 80", "raise working_distance"),
        ("rows: 4096, columns: 4096", "lower samples, rows or columns"),
        ("defect: scratch, defect_size: 200", "a scratch of 200 mm does not fit"),
        ("defect: dent, defect_across: 40", "lies beside it"),
        ("pitch: 0.1 um", "pitch counts mm"),
    ],
)
def test_values_that_cannot_be_shown_say_why(tmp_path, fixed, said):
    kept = {part.split(":")[0]: part for part in f"{SMALL}, {fixed}".split(", ")}
    with pytest.raises(DomainAugError, match=said):
        rendered(tmp_path, plane(fixed=", ".join(kept.values())))
    assert not (tmp_path / "out").exists()


def test_a_part_that_is_turned_away_is_set_aside_with_a_reason(tmp_path):
    summary, rows = rendered(tmp_path, plane("{tilt_down: [0, 180]}"))
    assert summary.exit_code == 1
    assert len(rows) == 1
    assert "sees nothing of the part" in summary.run.set_aside[0].reason


def test_a_defect_that_nobody_sees_sets_its_variant_aside(tmp_path):
    text = "world: {width: 24, height: 20, detail: 0.1, defects: [{kind: stain, diameter_mm: 6, density: 0.4}]}\n"
    text += f"fixed: {{{SMALL}, finish: plastic, least_contrast: 0.7}}\nvary: {{light: [dome, back-light]}}\n"
    summary, rows = rendered(tmp_path, text + "sample: {method: grid}\n")
    assert summary.exit_code == 1
    assert [row["values"]["light"] for row in rows] == ["dome"]
    reason = summary.run.set_aside[0].reason
    assert "defect 1, a stain, has a contrast of 0 in this light, and 0.7 is the least" in reason


def test_a_mesh_that_is_inside_out_is_told(tmp_path):
    (tmp_path / "part.obj").write_text("v 0 0 0\nv 9 0 0\nv 9 9 0\nv 0 9 0\nf 1 3 2\nf 1 4 3\n")
    world = "world: {shape: mesh, file: part.obj, chart: above, detail: 0.5}\n"
    summary, _ = rendered(tmp_path, world + f"fixed: {{{SMALL}}}\n")
    assert "which side of its faces is outside" in summary.run.set_aside[0].reason
