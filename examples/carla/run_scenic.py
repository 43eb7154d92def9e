"""Scenic 3.1 on `domainaug serve-carla --town junction`: pip install scenic carla, then python run_scenic.py [PORT]."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import carla
import scenic
from scenic.simulators.carla import CarlaSimulator

HOST, PORT = "127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 2000


def main() -> None:
    """Take the map from the server, draw two scenes of the scenario, and let each run for six seconds."""
    client = carla.Client(HOST, PORT)
    client.set_timeout(30.0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "map.xodr")
        path.write_text(client.get_world().get_map().to_opendrive(), encoding="utf-8")
        scenario = scenic.scenarioFromFile(
            str(Path(__file__).with_name("follow.scenic")), params={"map_file": str(path)}, mode2D=True
        )
        simulator = CarlaSimulator(None, str(path), address=HOST, port=PORT, timeout=30, render=False, timestep=0.1)
        for number in range(2):
            scene, _ = scenario.generate(maxIterations=500)
            done = simulator.simulate(scene, maxSteps=60)
            print(
                f"scene {number + 1}: {done.currentTime} steps, {done.result.records['FinalSpeed']:.1f} m/s at the end"
            )
        simulator.destroy()


if __name__ == "__main__":
    main()
