import pytest

import domainaug as da
from domainaug.errors import DomainAugError
from domainaug.run.ledger import LEDGER, Ledger
from domainaug.run.plan import SIMULATION


def test_what_is_rendered_has_no_originals_to_lie_beside(tmp_path):
    scenes = tmp_path / "scenes"
    scenes.mkdir()
    Ledger.create(scenes / LEDGER, {"run": "5eed", "layout": SIMULATION}).__exit__()
    with pytest.raises(DomainAugError, match="scenes: what is rendered has no originals to lie beside"):
        da.integrate(tmp_path, scenes, tmp_path / "train")  # the source holds them: that is the lesser trouble
    assert not (tmp_path / "train").exists()
