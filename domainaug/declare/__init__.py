"""What every transform we know does to an image: a transform, or one draw of it, to `Generators`.

One module holds one family. Each of their rows is a function from a transform and a frame to what the
transform does when it runs; `walk` puts rows together along a pipeline.
"""

from domainaug.declare.draws import drawn
from domainaug.declare.governs import GOVERNS, parameter_for, parameter_value, with_parameter
from domainaug.declare.registry import declare, declared_names
from domainaug.declare.walk import Leaf, Path, Walked, compose_walk

__all__ = [
    "GOVERNS",
    "Leaf",
    "Path",
    "Walked",
    "compose_walk",
    "declare",
    "declared_names",
    "drawn",
    "parameter_for",
    "parameter_value",
    "with_parameter",
]
