"""Review of what a simulator rendered: streets frame by frame beside the clearest weather, judged like copies."""

from __future__ import annotations

import pytest

from domainaug.review import Review
from domainaug.run import simulate

TEXT = """\
id: street
simulator: street
world: {layout: highway, seed: 2, frames: 3}
fixed: {width: 96, height: 64, quality: draft, density: 0.4, along: 0.2}
vary: {weather: [noon, fog-dense]}
sample: {method: grid}
"""


@pytest.fixture
def street(root):
    pytest.importorskip("numba", reason="numba is not installed")
    (root / "street.yaml").write_text(TEXT)
    assert simulate(root / "street.yaml", root / "street", engine="serial").exit_code == 0
    return root / "street"


def test_a_street_is_judged_frame_by_frame(open_app, street):
    at = open_app("review", run="street")
    at.text_input(key="reviewer").set_value("ada").run()
    seen = []
    for _ in range(2):
        assert not at.exception, [one.message for one in at.exception]
        captions = [one.value for one in at.caption]
        seen.append([one for one in captions if one.startswith(("The clearest", "To judge", "What is rendered"))])
        (frame,) = (one for one in at.slider if one.label == "Frame")
        assert (frame.min, frame.max, frame.value) == (0, 2, 0)
        frame.set_value(2).run()
        assert not at.error
        (accept,) = (one for one in at.button if (one.key or "").startswith("review_accept_"))
        accept.click().run()
    titles = {tuple(one.partition(",")[0] for one in captions) for captions in seen}
    assert titles == {("To judge", "What is rendered has no original."), ("The clearest with its labels", "To judge")}
    assert [one.outcome for one in Review(street).judged()] == ["accept", "accept"]
