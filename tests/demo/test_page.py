import base64
import io
import re

import numpy as np
from PIL import Image

from domainaug.demo.page import Section, Tile, render


def test_the_page_needs_nothing_from_elsewhere() -> None:
    image = np.full((40, 60, 3), 90, np.uint8)
    page = render("Title", "Lead", [Section("Part", tiles=[Tile(image, "Name", "caption")])])
    assert not re.search(r"https?://|<script|<link|@import", page)
    inlined = re.search(r'src="data:image/jpeg;base64,([^"]+)"', page)
    assert inlined
    assert Image.open(io.BytesIO(base64.b64decode(inlined.group(1)))).size == (60, 40)


def test_wide_pictures_are_scaled_down() -> None:
    page = render("t", "l", [Section("s", tiles=[Tile(np.zeros((100, 1000), np.uint8), "n")])], tile_width=200)
    inlined = re.search(r'base64,([^"]+)"', page)
    assert inlined
    assert Image.open(io.BytesIO(base64.b64decode(inlined.group(1)))).size == (200, 20)


def test_text_is_escaped_wherever_it_stands() -> None:
    nasty = '<b>&"'
    section = Section(nasty, nasty, [Tile(np.zeros((4, 4), np.uint8), nasty, nasty)], nasty, [[nasty], [nasty]], nasty)
    page = render(nasty, nasty, [section])
    assert nasty not in page
    assert 'alt="&lt;b&gt;&amp;&quot;' in page


def test_every_picture_has_a_description() -> None:
    page = render("t", "l", [Section("s", tiles=[Tile(np.zeros((4, 4), np.uint8), "A name", "a caption")])])
    assert 'alt="A name. a caption"' in page
