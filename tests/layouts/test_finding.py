import numpy as np
import pytest
from PIL import Image

from domainaug.errors import UnreadableInput
from domainaug.layouts import layout_for


def test_frames_of_a_street_are_no_folder_of_images(tmp_path):
    frame = tmp_path / "variants" / "0358be689d40f916"
    (frame / "front").mkdir(parents=True)
    for name in ("000000.png", "000000.semantic.png"):
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(frame / "front" / name)
    assert layout_for(tmp_path).name == "image-folder"
    (frame / "rig.json").write_text("{}")
    with pytest.raises(UnreadableInput, match="domainaug export") as refused:
        layout_for(tmp_path)  # their classes would be lighter and darker, too
    assert refused.value.code == "no-layout"
