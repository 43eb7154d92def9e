"""What a callable is seen to do to pictures, for callables that nobody declared."""

from domainaug.check.measured.black_box import measure
from domainaug.check.measured.chart import Output, Probe, make_probe
from domainaug.check.measured.observation import Observation, Problem
from domainaug.check.measured.one_draw import Measured, measure_draw

__all__ = ["Measured", "Observation", "Output", "Probe", "Problem", "make_probe", "measure", "measure_draw"]
