"""Scenic 3.1: two scenes of a scenario, each run for six seconds.

pip install scenic carla
python examples/carla/run_scenic.py --port 2000
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

import carla
import scenic
from scenic.simulators.carla import CarlaSimulator


def main() -> None:
    """Take the map from the server, draw two scenes of the scenario, and let each run for six seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    random.seed(options.seed)

    client = carla.Client(options.host, options.port)
    client.set_timeout(30.0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "map.xodr")
        path.write_text(client.get_world().get_map().to_opendrive(), encoding="utf-8")
        scenario = scenic.scenarioFromFile(
            str(Path(__file__).with_name("follow.scenic")), params={"map_file": str(path)}, mode2D=True
        )
        simulator = CarlaSimulator(
            None, str(path), address=options.host, port=options.port, timeout=30, render=False, timestep=0.1
        )
        for number in range(2):
            scene, _ = scenario.generate(maxIterations=500)
            done = simulator.simulate(scene, maxSteps=60)
            print(
                f"scene {number + 1}: {done.currentTime} steps, {done.result.records['FinalSpeed']:.1f} m/s at the end"
            )
        simulator.destroy()


if __name__ == "__main__":
    main()
