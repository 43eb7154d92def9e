"""OpenSCENARIO 1.x as scenarios of the street simulator: weather, time of day, map, entities, distributions.

    reading.py         a file, and the file whose parameters it varies, as the keys of a scenario
    parameters.py      parameters and expressions of attributes
    environment.py     weather, time of day and road condition as axes
    entities.py        who is there, from the entities and what the storyboard begins with
    positions.py       places
    varying.py         parameter value distributions as axes that vary, and constraints

What does not map is named, a sentence each, and never dropped in silence.
"""

from domainaug.scenario.openscenario.reading import read_openscenario

__all__ = ["read_openscenario"]
