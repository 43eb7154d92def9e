"""What another library writes is read."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

xosc = pytest.importorskip("scenariogeneration.xosc")

from domainaug.scenario import read_scenario  # noqa: E402


def test_a_scenario_of_scenariogeneration_is_read(tmp_path: Path) -> None:
    weather = xosc.Weather(
        xosc.FractionalCloudCover.twoOktas,
        sun=xosc.Sun(5000, math.pi / 2, math.pi / 6),
        fog=xosc.Fog("$Sight"),
        precipitation=xosc.Precipitation(xosc.PrecipitationType.rain, 4),
    )
    environment = xosc.Environment("e", xosc.TimeOfDay(True, 2026, 6, 21, 18, 30, 0), weather,
                                   xosc.RoadCondition(1.0, wetness=xosc.Wetness.wetWithPuddles))  # fmt: skip
    box = xosc.BoundingBox(2, 5, 1.5, 2.0, 0, 0.9)
    axle = xosc.Axle(0.5, 0.8, 1.68, 2.98, 0.4)
    entities = xosc.Entities()
    for name, kind in (("Ego", xosc.VehicleCategory.car), ("other", xosc.VehicleCategory.van)):
        entities.add_scenario_object(name, xosc.Vehicle(name, kind, box, axle, axle, 60, 10, 10))
    init = xosc.Init()
    init.add_global_action(xosc.EnvironmentAction(environment))
    init.add_init_action("Ego", xosc.TeleportAction(xosc.LanePosition(20, 0.1, -1, 1)))
    step = xosc.TransitionDynamics(xosc.DynamicsShapes.step, xosc.DynamicsDimension.time, 1)
    init.add_init_action("Ego", xosc.AbsoluteSpeedAction(12, step))
    init.add_init_action("other", xosc.TeleportAction(xosc.WorldPosition(60, 1.75, 0, math.pi)))
    parameters = xosc.ParameterDeclarations()
    parameters.add_parameter(xosc.Parameter("Sight", xosc.ParameterType.double, "800"))
    whole = xosc.Scenario("theirs", "them", parameters, entities, xosc.StoryBoard(init),
                          xosc.RoadNetwork("roads.xodr"), xosc.Catalog(), osc_minor_version=2)  # fmt: skip
    whole.write_xml(str(tmp_path / "theirs.xosc"))
    curves = xosc.Stochastic(9, 3)
    curves.add_distribution("Sight", xosc.NormalDistribution(500, 10_000, xosc.Range(100, 900)))
    spread = xosc.ParameterValueDistribution("d", "them", "theirs.xosc", curves, osc_minor_version=2)
    spread.write_xml(str(tmp_path / "spread.xosc"))

    found = read_scenario(tmp_path / "spread.xosc")
    assert {name: found.fixed[name] for name in ("clouds", "rain", "wetness", "puddles", "density")} == {
        "clouds": 0.25, "rain": 4.0, "wetness": 1.0, "puddles": 0.4, "density": 0.0,
    }  # fmt: skip
    assert found.fixed["sun_altitude"] == pytest.approx(30)
    assert found.fixed["sun_azimuth"] == pytest.approx(0, abs=1e-6)
    assert found.spreads["visibility"].written == {"mean": 500.0, "deviation": 100.0, "from": 100.0, "to": 900.0}
    assert (found.sampling.method, found.sampling.count, found.seed) == ("random", 9, 3)
    assert found.world["map"] == "roads.xodr"
    assert found.world["ego"] == {"lane": {"road": "1", "lane": -1, "s": 22.0, "aside": 0.1}, "speed": 12.0}
    assert found.world["actors"] == [{"kind": "van", "name": "other", "at": [58.0, 1.75, -180.0]}]
    assert any("<Sun> says where the sun stands" in note for note in found.notes)
