"""Where small data sets are found."""

from __future__ import annotations

import sys
from pathlib import Path

for place in (Path(__file__).parent, Path(__file__).parents[1] / "run"):  # worker processes unpickle `hostile` by name
    if str(place) not in sys.path:
        sys.path.append(str(place))
