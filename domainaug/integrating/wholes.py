"""The files that describe a whole training set, in the way of its layout: COCO's JSON, tables, lists, `data.yaml`."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from domainaug.integrating.entries import Entry
from domainaug.layouts.layout import Layout
from domainaug.layouts.splits import SPLITS

__all__ = ["write_wholes"]


def write_wholes(
    layout: Layout, source: Path, entries: Iterable[Entry], prefixes: Mapping[str, str], folder: Path
) -> tuple[str, ...]:
    """Write them into `folder`, and return the files, relative to it.

    Where parts lie in folders of their own, each has files of its own that name originals and copies in it; a YOLO set
    has one `data.yaml` at its root.

    Args:
        layout: That of the source.
        source: Where the items came from.
        entries: What is in the set.
        prefixes: What names of files begin with, by part: "" or "train/".
        folder: Private to this call.
    """
    by_root: dict[str, dict[str, list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for entry in entries:
        by_root[prefixes[entry.place.split]][entry.place.key].append(entry.for_finish)
    if layout.name == "yolo" and "" not in by_root:
        return _one_description(source, folder, [part for part in SPLITS if prefixes[part] in by_root])
    written: list[str] = []
    for prefix, items in sorted(by_root.items()):
        (folder / prefix).mkdir(parents=True, exist_ok=True)
        whole = layout.finish(source, folder / prefix, dict(sorted(items.items())))
        written += [prefix + path.as_posix() for path in whole]
    return tuple(written)


def _one_description(source: Path, folder: Path, parts: list[str]) -> tuple[str, ...]:
    """Write a `data.yaml` whose parts are the folders of the set; what is tested on stands in for a missing val."""
    from ruamel.yaml import YAML

    from domainaug.layouts.yolo_table import described, description_of

    file = description_of(source)
    if file is None:
        return ()
    told = {name: value for name, value in described(file).items() if name not in ("path", "download", *SPLITS)}
    told.update({part: part for part in parts})
    if "val" not in parts and "test" in parts:
        told["val"] = "test"
    stream = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.dump(told, stream)
    (folder / file.name).write_text(stream.getvalue(), encoding="utf-8", newline="\n")
    return (file.name,)
