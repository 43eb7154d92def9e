import numpy as np
import pytest

from domainaug.manufacturing import Gate, Part, Site
from domainaug.preview.comparing import COMPARED, spread_of, synthetic_measures
from domainaug.preview.marring import Wish


@pytest.fixture
def sites():
    grays = [np.random.default_rng(n).normal(120, 2, (96, 96)).round().astype(np.uint8) for n in range(2)]
    return [Site.of(gray, Part(pixel_pitch_mm=0.1)) for gray in grays]


def test_each_synthetic_one_is_measured_once(sites):
    wish = Wish("pit", {"diameter_mm": 1.2})
    found = synthetic_measures(wish, sites, Gate(), count=5)
    assert len(found) == 5
    assert len({measures.area_mm2 for measures, _ in found}) > 1
    assert found == synthetic_measures(wish, sites, Gate(), count=5)


def test_accepted_and_refused_ones_are_told_apart_and_thresholds_are_there(sites):
    wish = Wish("dent", {"depth_share": (0.0, 0.05)})
    gate = Gate(length_mm=(1.0, 4.0))
    drawn = synthetic_measures(wish, sites, gate, count=8)
    real = [measures for measures, _ in synthetic_measures(Wish("pit"), sites, gate, count=4)]
    for name in COMPARED:
        spread = spread_of(name, real, drawn, gate)
        assert len(spread.real) == 4
        assert len(spread.synthetic) == sum(accepted for _, accepted in drawn)
        assert len(spread.synthetic) + len(spread.refused) == 8
    assert spread_of("contrast", real, drawn, gate).limits == (0.7,)
    assert spread_of("length_mm", real, drawn, gate).limits == (1.0, 4.0)
    assert spread_of("width_mm", real, drawn, gate).limits == ()


def test_how_many_lie_among_the_real_ones(sites):
    drawn = synthetic_measures(Wish("pit"), sites, Gate(contrast=0.0, seam=99, outside=1, mask_changed=0), count=4)
    own = [measures for measures, _ in drawn]
    assert spread_of("area_mm2", own, drawn, Gate()).within == 1.0
    assert spread_of("area_mm2", [], drawn, Gate()).within == 0.0
