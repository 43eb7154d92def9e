"""The journey of an inspection engineer: copies, a slider to its end, why not further, a profile of one's own."""

import time

import pytest

from domainaug import load_profile

START = {"profile": "manufacturing/pcb", "sample": "coins", "copies": "3"}


def slider(visit, name):
    """The upper thumb of a slider."""
    return visit.page.get_by_role("slider", name=name).last


def images(visit):
    return visit.page.eval_on_selector_all("img[alt]", "all => all.map((one) => one.src)")


def tab(visit, name):
    visit.page.get_by_role("tab", name=name, exact=True).click()
    return visit.settle()


def test_a_journey_from_a_first_look_to_a_profile_of_ones_own(visiting, root):
    with visiting() as visit:
        page = visit.go(**START).page
        page.get_by_role("heading", name="Printed circuit board").wait_for()
        assert len(images(visit)) == 4
        visit.shot("journey-1-copies")

        page.get_by_text("Affine", exact=True).click()
        thumb = slider(visit, "Rotate")
        thumb.wait_for()
        before = images(visit)
        for _ in range(12):  # by keyboard; a larger step than an arrow's
            thumb.press("PageUp")
        thumb.press("End")
        page.get_by_text("MFG402").first.wait_for()
        visit.settle()
        assert images(visit)[0] == before[0]
        assert images(visit)[1:] != before[1:]
        assert "turn=0.rotate" in page.url
        visit.shot("journey-2-at-the-end")
        page.get_by_role("button", name="Who says so").first.click()
        page.get_by_text("slight rotation helped").first.wait_for()
        visit.shot("journey-3-who-says-so")
        page.keyboard.press("Escape")

        tab(visit, "Take along")
        name = page.get_by_label("Name", exact=True)
        name.fill("own/boards")
        name.press("Enter")
        page.get_by_text("id: own/boards").wait_for()
        page.get_by_role("button", name="Save under the root").click()
        page.get_by_text("reads back as it should").wait_for()
        visit.shot("journey-4-saved")
    saved = load_profile(root / "profiles" / "boards.yaml")
    assert saved.recipe[0]["Affine"]["rotate"][1] == 5
    assert saved.compose(seed=0).narrowed == ()


def test_a_link_shows_somebody_else_the_same(visiting):
    with visiting() as first:
        first.go(**START, seed=4, turn="0.rotate:-4,4", show="changes")
        told = images(first)
        with visiting() as second:
            second.page.goto(first.page.url)
            second.settle()
            assert images(second) == told


def test_two_sessions_do_not_meet(visiting):
    with visiting() as first, visiting() as second:
        first.go(**START, seed=1)
        second.go(**START, seed=2)
        before = images(first)
        assert images(second)[0] == before[0]
        assert images(second)[1:] != before[1:]
        second.page.get_by_text("Affine", exact=True).click()
        slider(second, "How often").press("Home")
        second.settle()
        first.page.reload()
        assert images(first.settle()) == before


def test_a_browser_that_is_killed_and_one_that_reloads_lose_nothing(visiting, server):
    with visiting() as visit:
        visit.go(**START)
        visit.page.get_by_text("Affine", exact=True).click()
        slider(visit, "How often").press("End")
        address = visit.page.url
        visit.page.close()
        visit.page = visit.page.context.new_page()
        visit.page.goto(address)
        visit.settle()
        assert visit.page.url == address
        told = images(visit)
        visit.page.reload()
        assert images(visit.settle()) == told


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 768])
def test_every_field_can_be_looked_at_in_both_themes_and_at_both_widths(visiting, theme, width):
    fields = {"chest": "medical/chest-xray", "brain": "medical/brain-mri", "tile": "manufacturing/tile"}
    fields |= {"street": "driving/front-camera"}
    with visiting(theme, width) as visit:
        for name, profile in fields.items():
            visit.go(profile=profile, copies=7)
            assert len(images(visit)) == 8
            visit.shot(f"{name}-{theme}-{width}")
            room = visit.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert room <= 0, "nothing is cut off at the side"


def test_an_upload_is_looked_at_and_a_bad_one_is_a_sentence(visiting, tmp_path, root):
    from PIL import Image

    Image.new("RGB", (64, 48), (90, 120, 60)).save(tmp_path / "part.png")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with visiting() as visit:
        page = visit.go(**{**START, "from": "upload"}).page
        page.locator("input[type=file]").set_input_files(tmp_path / "part.png")
        page.get_by_text("48 x 64 x 3 uint8").wait_for()
        visit.settle()
        page.locator("input[type=file]").set_input_files(tmp_path / "broken.png")
        page.get_by_role("combobox", name="Item").wait_for()  # both have arrived
        visit.settle()
        page.get_by_role("button", name="Remove part.png").first.click()
        page.get_by_role("alert").first.wait_for()
        visit.settle()
        visit.shot("upload-broken")
        assert "Traceback" not in page.content()
        assert str(tmp_path) not in page.content()


def test_a_slider_answers_whenever_it_is_moved_and_how_soon(visiting, capsys):
    with visiting() as visit:
        began = time.monotonic()
        visit.page.goto(f"{visit.server.url}/?profile=manufacturing/tile")
        visit.page.get_by_role("heading", name="Ceramic tile").wait_for()
        painted = time.monotonic() - began
        visit.settle()
        whole = time.monotonic() - began
        visit.page.get_by_text("Random Brightness Contrast", exact=True).click()
        thumb = slider(visit, "Contrast")
        thumb.wait_for()
        seen, answers = [images(visit)], []
        for _ in range(7):
            began = time.monotonic()
            thumb.press("ArrowRight")
            visit.page.wait_for_function(
                "(before) => [...document.querySelectorAll('img[alt]')].some((one, at) => one.src !== before[at])",
                arg=seen[-1],
            )
            answers.append(time.monotonic() - began)
            visit.settle()
            seen.append(images(visit))
    assert len({tuple(each) for each in seen}) == 8
    with capsys.disabled():
        middle = sorted(answers)[len(answers) // 2]
        print(f"\nfirst paint {painted:.2f} s, all pictures {whole:.2f} s, a slider's answer {middle:.2f} s (median)")
