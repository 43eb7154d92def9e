"""Explore: what is found is drawn, pairs are shown, plans are saved under the root, and bad input is one sentence."""

from __future__ import annotations

import shlex
import shutil

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from domainaug.cli import app as command_line
from domainaug.run.sets import read_plan


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, pixels)[1].tobytes())


def shown(seed):
    coarse = np.random.default_rng(seed).random((9, 9, 3)) * 220
    return cv2.resize(coarse, (72, 54), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)


@pytest.fixture
def parts(root):
    """Eight pictures of parts: five good and three scratched, two of them the same and one nearly so."""
    for number in range(8):
        save(root / "parts" / ("good" if number < 5 else "scratch") / f"serial{number}.png", shown(number))
    shutil.copy(root / "parts" / "good" / "serial0.png", root / "parts" / "good" / "serial0_again.png")
    save(root / "parts" / "good" / "serial1_small.png", cv2.resize(shown(1), (36, 27), interpolation=cv2.INTER_AREA))
    return root


def explored(at):
    return at.button("explore-now").click().run()


def tab(at, name):
    at.session_state["explore_view"] = name
    return at.run()


def metrics(at):
    return {one.label: one.value for one in at.metric}


def test_nothing_is_read_before_somebody_asks(parts, open_app, calm):
    at = calm(open_app("explore", set="parts"))
    assert not at.metric
    assert "Press Explore" in at.info[0].value


def test_what_is_found_is_drawn_and_kept(parts, open_app, calm):
    at = calm(explored(open_app("explore", set="parts")))
    assert metrics(at)["Items"] == "10"
    assert metrics(at)["Classes"] == "2"
    assert metrics(at)["Groups"] == "unknown"
    again = calm(at.run())
    assert metrics(again) == metrics(at)


def test_groups_come_from_names(parts, open_app, calm):
    at = calm(explored(open_app("explore", set="parts", group="serial([0-9])")))
    assert metrics(at)["Groups"] == "8"


def test_every_view_draws(parts, open_app, calm):
    at = explored(open_app("explore", set="parts"))
    views = ["Images", "Classes", "Duplicates", "Profiles", "Plan"]
    assert [one.label for one in at.tabs] == views
    for name in views:
        calm(tab(at, name))
    assert [at.number_input(key).value for key in ("plan-test", "plan-copies")] == [20, 1]


def test_duplicates_are_shown_side_by_side(parts, open_app, calm):
    at = calm(tab(explored(open_app("explore", set="parts")), "Duplicates"))
    pairs = at.selectbox("pair")
    assert pairs.options[0] == "good/serial0.png = good/serial0_again.png"
    assert "good/serial1.png ~ good/serial1_small.png" in pairs.options[1]
    assert len(at.image) == 2
    calm(pairs.select(pairs.options[1]).run())


def test_leaks_and_what_cannot_be_read_are_said(root, open_app):
    save(root / "set" / "train" / "a.png", shown(0))
    save(root / "set" / "test" / "b.png", shown(0))
    (root / "set" / "train" / "bad.png").write_bytes(b"bad")
    at = tab(explored(open_app("explore", set="set")), "Not readable")
    assert not at.exception
    (leak,) = at.error
    assert "on both sides of the split" in leak.value
    assert at.dataframe[0].value["code"].tolist() == ["not-an-image"]


def test_a_plan_is_reckoned_and_saved_under_the_root(parts, open_app, calm):
    at = tab(explored(open_app("explore", set="parts")), "Plan")
    at.toggle("plan-balance").set_value(True)
    at.number_input("plan-copies").set_value(2)
    calm(at.run())
    table = at.dataframe[0].value
    assert (table["in all"] == table["wanted"]).all()
    at.text_input("plan-name").set_value("plans/first.json")
    next(button for button in at.button if button.label == "Save the plan").click()
    calm(at.run())
    plan = read_plan(parts / "plans" / "first.json")
    sides = {place.key: place.split for place in plan.places}
    assert sides["good/serial0.png"] == sides["good/serial0_again.png"]
    assert sides["good/serial1.png"] == sides["good/serial1_small.png"]
    assert plan.total == table["copies"].sum()


@pytest.mark.parametrize("folder", ["parts", "."])
def test_the_command_of_a_plan_makes_the_copies_that_it_counts(parts, open_app, calm, folder, monkeypatch):
    if folder == ".":
        for place in (parts / "parts").iterdir():
            place.rename(parts / place.name)
        (parts / "parts").rmdir()
    (parts / folder / "good" / "torn.png").write_bytes((parts / folder / "good" / "serial0.png").read_bytes()[:60])
    at = tab(explored(open_app("explore", set=folder)), "Plan")
    assert any("1 item too that cannot be read" in one.value for one in at.caption)
    at.selectbox("plan-profile").set_value("manufacturing/tile")
    next(button for button in at.button if button.label == "Save the plan").click()
    calm(at.run())
    counted = int(at.dataframe[0].value["copies"].sum())
    monkeypatch.chdir(parts)
    words = shlex.split(at.code[-1].value)
    done = CliRunner().invoke(command_line, words[1:])
    assert done.exit_code == 1, done.output
    out = parts / words[3]
    assert len(list(out.rglob("*_aug*.png"))) == counted - 1
    assert "1 set aside (1 truncated)" in done.output


@pytest.mark.parametrize("name", ["../plan.json", "/tmp/plan.json", "parts"])
def test_a_plan_is_saved_nowhere_else_and_over_nothing(parts, open_app, name):
    at = tab(explored(open_app("explore", set="parts")), "Plan")
    at.text_input("plan-name").set_value(name)
    next(button for button in at.button if button.label == "Save the plan").click()
    at.run()
    assert not at.exception
    assert len(at.error) == 1
    assert not list(parts.parent.glob("*.json"))


def test_disk_and_time_are_estimated_on_request(parts, open_app, calm):
    at = tab(explored(open_app("explore", set="parts")), "Plan")
    assert at.selectbox("plan-profile").value == at.selectbox("plan-profile").options[0]
    calm(at.button("plan-estimate").click().run())
    assert any("from copies of 5 items" in one.value for one in at.caption)
    assert not (parts / "out").exists()


def test_where_nothing_tells_which_profile_fits_none_is_put_forward(root, open_app, calm):
    for number in range(4):
        save(root / "gray" / "one" / f"{number}.png", shown(number)[..., 0])
    at = calm(tab(explored(open_app("explore", set="gray")), "Plan"))
    assert at.selectbox("plan-profile").value is None
    assert at.button("plan-estimate").disabled
    assert "--profile ID" in at.code[-1].value


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"set": "empty"}, "no images"),
        ({"set": "parts", "group": "("}, "no regular expression"),
        ({"set": "parts", "group": "../secret.csv:part"}, "lies outside"),
    ],
)
def test_bad_input_is_one_sentence(parts, open_app, query, said):
    (parts / "empty").mkdir()
    (parts.parent / "secret.csv").write_text("image,part\ngood/serial0.png,1\n")
    at = explored(open_app("explore", **query))
    assert not at.exception
    assert said in at.error[0].value
    assert str(parts) not in at.error[0].value


def test_a_folder_that_leads_out_is_not_offered(parts, open_app, calm, tmp_path):
    save(tmp_path / "secret" / "a.png", shown(0))
    (parts / "link").symlink_to(tmp_path / "secret", target_is_directory=True)
    at = calm(open_app("explore", set="link"))
    assert "link" not in at.selectbox("set").options
    assert at.selectbox("set").value != "link"
