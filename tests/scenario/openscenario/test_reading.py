"""OpenSCENARIO files become scenarios: weather, map, entities, distributions; what does not map is named."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from domainaug.errors import ScenarioError
from domainaug.scenario.openscenario import read_openscenario

WEATHER = """<Weather fractionalCloudCover="sixOktas" temperature="280">
<Sun azimuth="3.14159265358979" elevation="$Elevation" illuminance="9000"/><Fog visualRange="$Sight"/>
<Precipitation precipitationType="rain" precipitationIntensity="${$Rain * 2}"/>
<Wind direction="1.57079632679" speed="5"/></Weather><RoadCondition frictionScaleFactor="0.7" wetness="$Wet"/>"""
DECLARED = """<ParameterDeclarations>
<ParameterDeclaration name="Elevation" parameterType="double" value="0.5235987755983"/>
<ParameterDeclaration name="Sight" parameterType="double" value="400"/>
<ParameterDeclaration name="Rain" parameterType="double" value="3"/>
<ParameterDeclaration name="Wet" parameterType="string" value="moist"/>
<ParameterDeclaration name="Speed" parameterType="double" value="8"/></ParameterDeclarations>"""
CAR = '<Vehicle name="v" vehicleCategory="{}"><BoundingBox/></Vehicle>'
ENTITIES = f"""<Entities><ScenarioObject name="Ego">{CAR.format("car")}</ScenarioObject>
<ScenarioObject name="lorry">{CAR.format("truck")}</ScenarioObject>
<ScenarioObject name="walker"><Pedestrian pedestrianCategory="pedestrian"/></ScenarioObject>
<ScenarioObject name="streetcar">{CAR.format("tram")}</ScenarioObject>
<ScenarioObject name="cone 1"><MiscObject miscObjectCategory="obstacle"/></ScenarioObject></Entities>"""


def private(name: str, position: str, speed: str = "") -> str:
    moving = (
        "<PrivateAction><LongitudinalAction><SpeedAction><SpeedActionDynamics/><SpeedActionTarget>"
        f'<AbsoluteTargetSpeed value="{speed}"/></SpeedActionTarget></SpeedAction></LongitudinalAction></PrivateAction>'
    )
    return (
        f'<Private entityRef="{name}"><PrivateAction><TeleportAction><Position>{position}</Position></TeleportAction>'
        f"</PrivateAction>{moving if speed else ''}</Private>"
    )


PLACES = "".join((
    private("lorry", '<RelativeLanePosition entityRef="Ego" dLane="2" ds="25" offset="0.2"/>'),
    private("Ego", '<LanePosition roadId="4" laneId="-1" s="10" offset="-0.5"/>', "$Speed"),
    private("walker", '<WorldPosition x="3" y="-4" z="0" h="1.5707963267949"/>', "1.5"),
    private("cone 1", '<RelativeObjectPosition entityRef="walker" dx="2" dy="1"/>'),
))  # fmt: skip


def scenario(
    weather: str = WEATHER, declared: str = DECLARED, entities: str = ENTITIES, places: str = PLACES, more: str = ""
) -> str:
    return f"""<?xml version="1.0"?><OpenSCENARIO>
<FileHeader revMajor="1" revMinor="2" date="2026-01-01T00:00:00" description="Wet" author="a"/>{declared}
<CatalogLocations/><RoadNetwork><LogicFile filepath="roads.xodr"/></RoadNetwork>{entities}
<Storyboard><Init><Actions><GlobalAction><EnvironmentAction><Environment name="e">{weather}</Environment>
</EnvironmentAction></GlobalAction>{places}</Actions></Init>{more}<StopTrigger/></Storyboard></OpenSCENARIO>"""


@pytest.fixture
def read(tmp_path: Path):
    def read(text: str, name: str = "Wet Day.xosc") -> tuple[dict[str, Any], tuple[str, ...]]:
        (tmp_path / name).write_text(text)
        return read_openscenario(tmp_path / name)

    return read


def test_weather_is_in_the_units_of_the_street(read) -> None:
    found, _ = read(scenario())
    assert found["fixed"] == pytest.approx({
        "density": 0.0, "clouds": 0.75, "sun_altitude": 30.0, "sun_azimuth": 270.0, "visibility": 400.0, "rain": 6.0,
        "wind": 5.0, "wind_from": 90.0, "wetness": 0.5, "puddles": 0.0,
    })  # fmt: skip
    assert (found["id"], found["title"], found["world"]["map"]) == ("wet-day", "Wet", "roads.xodr")


@pytest.mark.parametrize(("azimuth", "ours"), [(0, 90), (math.pi / 2, 0), (math.pi, 270), (1.5 * math.pi, 180)])
def test_the_sun_of_north_east_south_and_west(read, azimuth: float, ours: float) -> None:
    found, _ = read(scenario(f'<Weather><Sun azimuth="{azimuth!r}" elevation="0"/></Weather>'))
    assert found["fixed"]["sun_azimuth"] % 360 == pytest.approx(ours, abs=1e-6)


def test_the_time_of_day_moves_the_sun_where_nothing_else_does(read) -> None:
    time = '<TimeOfDay animation="true" dateTime="2026-02-01T18:30:00"/>'
    found, notes = read(scenario(time))
    assert (found["fixed"]["hour"], found["fixed"]["day"]) == (18.5, 32)
    assert any("stands still" in note for note in notes)
    found, notes = read(scenario(time + WEATHER))
    assert "hour" not in found["fixed"]
    assert any("<Sun> says where" in note for note in notes)


def test_older_files_have_states_of_clouds_and_shares_of_rain(read) -> None:
    found, notes = read(
        scenario('<Weather cloudState="overcast"><Precipitation precipitationType="snow" intensity="0.1"/></Weather>')
    )
    assert (found["fixed"]["clouds"], found["fixed"]["snowfall"]) == (1.0, 5.0)
    assert any("1 is taken for 50 mm/h" in note for note in notes)


def test_entities_stand_where_the_storyboard_puts_them(read) -> None:
    world = read(scenario())[0]["world"]
    assert world["ego"] == {"lane": {"road": "4", "lane": -1, "s": 10.0, "aside": -0.5}, "speed": 8.0}
    lorry, walker, cone = world["actors"]
    assert lorry == {
        "kind": "truck", "name": "lorry", "lane": {"road": "4", "lane": 2, "s": 35.0, "aside": 0.2}
    }  # fmt: skip
    assert walker == {"kind": "person", "name": "walker", "at": [3.0, -4.0, 90.0], "speed": 1.5}
    assert cone == {"kind": "cone", "name": "cone 1", "at": pytest.approx([2.0, -2.0, 90.0])}


def test_trajectories_are_paths(read) -> None:
    points = "".join(
        f'<Vertex time="{t}"><Position><WorldPosition x="{x}" y="2"/></Position></Vertex>'
        for t, x in ((0, 0), (2, 9), (4, 30))
    )
    follow = (
        "<PrivateAction><RoutingAction><FollowTrajectoryAction><TrajectoryRef><Trajectory><Shape><Polyline>"
        f"{points}</Polyline></Shape></Trajectory></TrajectoryRef></FollowTrajectoryAction></RoutingAction></PrivateAction>"
    )
    story = (
        '<Story name="s"><Act><ManeuverGroup><Actors><EntityRef entityRef="Ego"/></Actors><Maneuver><Event><Action>'
        f"{follow}</Action></Event></Maneuver></ManeuverGroup></Act></Story>"
    )
    found, notes = read(scenario(more=story))
    assert found["world"]["ego"] == {"path": [[0, 0, 2], [2, 9, 2], [4, 30, 2]]}
    assert any("sets off at time 0" in note for note in notes)


def test_how_long_it_lasts_is_told(read) -> None:
    held = "<ConditionGroup><Condition><ByValueCondition>{}</ByValueCondition></Condition></ConditionGroup>"
    stop = f"<StopTrigger>{held}</StopTrigger>"
    time = '<SimulationTimeCondition value="2.9" rule="greaterOrEqual"/>'
    _, notes = read(scenario(more=stop.format(time)))
    assert any("it ends after 2.9 s, and its beginning is shown" in note for note in notes)
    _, notes = read(scenario(more=stop.format(time.replace("2.9", "0"))))
    assert not any("it ends after" in note for note in notes)


def test_vehicles_of_catalogs_are_looked_up(read, tmp_path: Path) -> None:
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "v.xosc").write_text(
        f'<OpenSCENARIO><Catalog name="Cars">{CAR.format("bus").replace(chr(34) + "v", chr(34) + "line 9")}</Catalog>'
        "</OpenSCENARIO>"
    )
    entity = (
        '<Entities><ScenarioObject name="b"><CatalogReference catalogName="Cars" entryName="{}"/></ScenarioObject>'
        f'<ScenarioObject name="ego">{CAR.format("car")}</ScenarioObject></Entities>'
    )
    place = private("b", '<WorldPosition x="3" y="-4"/>')
    where = '<CatalogLocations><VehicleCatalog><Directory path="./cats"/></VehicleCatalog></CatalogLocations>'
    for entry, kind in (("line 9", "bus"), ("line 8", "sedan")):
        text = scenario(entities=entity.format(entry), places=place).replace("<CatalogLocations/>", where)
        found, notes = read(text)
        assert found["world"]["actors"][0]["kind"] == kind
        assert any("was not found" in note for note in notes) == (kind == "sedan")


def test_what_does_not_map_is_named(read) -> None:
    later = (
        '<Story name="cut in"><Act><ManeuverGroup><Actors/><Maneuver><Event><Action><PrivateAction><LateralAction/>'
        "</PrivateAction></Action></Event></Maneuver></ManeuverGroup></Act></Story>"
    )
    _, notes = read(scenario(more=later))
    for part in ("temperature", "illuminance of <Sun>", "frictionScaleFactor", "'streetcar' is a tram",
                 "what the story 'cut in' does later is left out (LateralAction)"):  # fmt: skip
        assert any(part in note for note in notes), part


def distribution(inner: str) -> str:
    return (
        '<OpenSCENARIO><FileHeader revMajor="1" revMinor="2" date="2026-01-01T00:00:00" description="d" author="a"/>'
        f'<ParameterValueDistribution><ScenarioFile filepath="Wet Day.xosc"/>{inner}</ParameterValueDistribution>'
        "</OpenSCENARIO>"
    )


def limits(low: float, high: float) -> str:
    return f'<Range lowerLimit="{low}" upperLimit="{high}"/>'


def single(name: str, inner: str) -> str:
    return (
        f'<DeterministicSingleParameterDistribution parameterName="{name}">{inner}'
        "</DeterministicSingleParameterDistribution>"
    )


def test_sets_and_ranges_are_a_grid(read) -> None:
    read(scenario())
    elements = "".join(f'<Element value="{word}"/>' for word in ("dry", "wetWithPuddles"))
    found, notes = read(distribution(
        "<Deterministic>"
        + single("Sight", f"<DistributionRange stepWidth='100'>{limits(100, 300)}</DistributionRange>")
        + single("Wet", f"<DistributionSet>{elements}</DistributionSet>")
        + single("Speed", '<DistributionSet><Element value="1"/><Element value="2"/></DistributionSet>')
        + "</Deterministic>"
    ), "many.xosc")  # fmt: skip
    assert found["sample"] == {"method": "grid"}
    assert found["vary"] == {"visibility": [100.0, 200.0, 300.0], "wetness": [0.0, 1.0], "puddles": [0.0, 0.4]}
    assert found["constraints"] == ["(puddles == 0.0 and wetness == 0.0) or (puddles == 0.4 and wetness == 1.0)"]
    assert any("$Speed varies, and no axis follows it alone: it stays at '8'" in note for note in notes)


def test_values_that_go_together_are_held_together(read) -> None:
    read(scenario())
    rows = "".join(
        f'<ParameterValueSet><ParameterAssignment parameterRef="Sight" value="{sight}"/>'
        f'<ParameterAssignment parameterRef="Elevation" value="{up}"/></ParameterValueSet>'
        for sight, up in ((100, 0.0), (500, 0.0), (500, math.pi / 4))
    )
    found, _ = read(distribution(
        "<Deterministic><DeterministicMultiParameterDistribution><ValueSetDistribution>"
        f"{rows}</ValueSetDistribution></DeterministicMultiParameterDistribution></Deterministic>"
    ), "many.xosc")  # fmt: skip
    assert found["vary"] == {"sun_altitude": [0.0, 45.0], "visibility": [100.0, 500.0]}
    assert found["constraints"][0].count(" or ") == 2


def test_drawn_parameters_are_drawn(read) -> None:
    read(scenario())
    inside = limits(100, 900)
    for curve, written in (
        (f"<UniformDistribution>{inside}</UniformDistribution>", {"from": 100.0, "to": 900.0}),
        (f'<NormalDistribution expectedValue="300" variance="2500">{inside}</NormalDistribution>',
         {"mean": 300.0, "deviation": 50.0, "from": 100.0, "to": 900.0}),
        (f'<Histogram><Bin weight="2">{limits(50, 60)}</Bin><Bin weight="1">{limits(60, 90)}</Bin></Histogram>',
         {"bins": [[50.0, 60.0, 2.0], [60.0, 90.0, 1.0]]}),
        ('<ProbabilityDistributionSet><Element value="70" weight="3"/><Element value="90" weight="1"/>'
         "</ProbabilityDistributionSet>", {"weights": [[70.0, 3.0], [90.0, 1.0]]}),
    ):  # fmt: skip
        found, _ = read(distribution(
            f'<Stochastic numberOfTestRuns="12" randomSeed="5"><StochasticDistribution parameterName="Sight">{curve}'
            "</StochasticDistribution></Stochastic>"
        ), "many.xosc")  # fmt: skip
        assert found["vary"] == {"visibility": written}
        assert (found["sample"], found["seed"]) == ({"method": "random", "count": 12}, 5)
        assert "visibility" not in found["fixed"]


def test_poisson_and_angles_keep_their_units(read) -> None:
    read(scenario())
    found, _ = read(distribution(
        '<Stochastic numberOfTestRuns="4"><StochasticDistribution parameterName="Sight">'
        '<PoissonDistribution expectedValue="40"/></StochasticDistribution>'
        '<StochasticDistribution parameterName="Elevation"><NormalDistribution expectedValue="0.5" variance="0.01"/>'
        "</StochasticDistribution></Stochastic>"
    ), "many.xosc")  # fmt: skip
    weights = dict(map(tuple, found["vary"]["visibility"]["weights"]))
    assert sum(value * weight for value, weight in weights.items()) == pytest.approx(40, rel=1e-6)
    assert found["vary"]["sun_altitude"] == {
        "mean": pytest.approx(math.degrees(0.5)), "deviation": pytest.approx(math.degrees(0.1))
    }  # fmt: skip


def test_constraints_of_parameters_are_constraints_of_axes(read) -> None:
    group = (
        '<ConstraintGroup><ValueConstraint rule="greaterThan" value="0"/>'
        '<ValueConstraint rule="lessOrEqual" value="1"/></ConstraintGroup>'
        '<ConstraintGroup><ValueConstraint rule="equalTo" value="1.5707963267948966"/></ConstraintGroup>'
    )
    declared = DECLARED.replace('value="0.5235987755983"/>', f'value="0.5">{group}</ParameterDeclaration>')
    found, _ = read(scenario(declared=declared))
    assert found["constraints"] == ["(sun_altitude > 0.0 and sun_altitude <= 57.2957795131) or (sun_altitude == 90.0)"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("<?xml", "<!DOCTYPE a><?xml", "has a document type"),
        ("</OpenSCENARIO>", "", "not well-formed"),
        ('revMajor="1"', 'revMajor="2"', "it is OpenSCENARIO 2.2, and 1.0 to 1.4 are read"),
        ("$Sight", "$Side", r"visualRange of <Fog>: the parameter \$Side is declared nowhere"),
        ("${$Rain * 2}", "${__import__('os')}", "cannot be worked out"),
        ("${$Rain * 2}", "${9 ** 9 ** 9}", "cannot be worked out"),
        ("sixOktas", "manyOktas", "fractionalCloudCover of <Weather>: 'manyOktas' is none of zeroOktas"),
        ('speed="5"', 'speed="fast"', "speed of <Wind>: 'fast' is not a number"),
        ('s="10"', "", "<LanePosition> has no s"),
        ('precipitationType="rain"', 'precipitationType="frogs"', "'frogs' is none of dry, rain, snow"),
        ("Storyboard>", "Stories>", "no <Storyboard>"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(read, old: str, new: str, says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        read(scenario().replace(old, new))


def test_a_file_of_values_names_a_scenario_that_is_there(read) -> None:
    with pytest.raises(ScenarioError, match=r"it varies the scenario 'Wet Day.xosc', and there is no such file"):
        read(distribution("<Deterministic/>"), "many.xosc")
