"""Save the map of a server, for tools that read OpenDRIVE.

python examples/carla/map.py --port 2000 examples/carla/scenic/junction.xodr
"""

from __future__ import annotations

import argparse
from pathlib import Path

import carla


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2000)
    parser.add_argument("path", type=Path)
    options = parser.parse_args()

    client = carla.Client(options.host, options.port)
    client.set_timeout(20.0)
    town = client.get_world().get_map()
    options.path.write_text(town.to_opendrive(), encoding="utf-8")
    print(f"{town.name}: {len(town.get_topology())} stretches of lane, {len(town.get_spawn_points())} spawn points")


if __name__ == "__main__":
    main()
