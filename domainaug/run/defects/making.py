"""One picture with a defect: read, drawn, judged, written; what runs in a worker."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import DomainAugError, ImageError, LabelError
from domainaug.layouts import images
from domainaug.layouts.layout import Item, Layout, SetAside
from domainaug.manufacturing.drawing import Attempt, Outcome, accepted
from domainaug.manufacturing.gate import Gate
from domainaug.manufacturing.pasting.bank import DefectBank
from domainaug.manufacturing.pasting.patch import Patch, patches_of
from domainaug.manufacturing.site import Site
from domainaug.manufacturing.sizes import learn_sizes
from domainaug.manufacturing.sources import BANK, Source, learned_settings, source
from domainaug.profile.model import Profile
from domainaug.profile.part import Part
from domainaug.run.defects.asking import Wanted
from domainaug.run.defects.labeled import Labeled
from domainaug.run.defects.sharing import Picture, Share
from domainaug.run.defects.writing import Output
from domainaug.run.job import Made, Task, private_folder, sealed, set_aside, source_digest
from domainaug.run.job import Outcome as Done

__all__ = ["DefectWork", "Refused", "cover_of"]

_SIDE = 96  # of the picture that is drawn on once before the clock runs
_MASKS = (".png", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True, slots=True)
class Refused(SetAside):
    """A picture for which the gate refused every try.

    Attributes:
        refusals: Code to how many tries were refused for it.
    """

    refusals: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Maker:
    """How the defects of one class are made, or why they cannot be."""

    source: Source | None
    gate: Gate = field(default_factory=Gate)
    places: tuple[tuple[float, float], ...] = ()
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class DefectWork:
    """What is the same for every picture of a run; travels to the workers. See `domainaug.run.job.Work`.

    Attributes:
        profile: The part, the gate and the limits.
        layout: Reads the source.
        bank: What real defects are cut from, and sizes are learned from.
        wanted: The classes.
        shares: What each picture gets, by key, in the order of copies.
        pictures: Parts and lightings, by key.
        names: What names each picture in its copies.
        output: Writes.
        seed: Of the run.
        tries: How often a defect is drawn before it is given up.
        out: The folder that private folders are made in.
        memory_limit: Bytes a worker may take beyond what it starts with, or None.
        timeout: Seconds that one picture may take, or None.
    """

    profile: Profile
    layout: Layout
    bank: Labeled
    wanted: Mapping[str, Wanted]
    shares: Mapping[str, Sequence[Share]]
    pictures: Mapping[str, Picture]
    names: Mapping[str, str]
    output: Output
    seed: int
    tries: int
    out: Path
    memory_limit: int | None = None
    timeout: float | None = None
    made: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    narrowed: tuple[str, ...] = ()

    def rehearse(self) -> None:
        """Draw on a picture that nobody sees, so that no clock runs while kernels are compiled."""
        gray = np.random.default_rng(0).normal(120, 4, (_SIDE, _SIDE)).clip(0, 255).astype(np.uint8)
        site = Site(gray, 0.1, Part(pixel_pitch_mm=0.1))
        for one in self.wanted.values():
            with suppress(Exception):  # what is wrong is told of the first picture, with its name
                made = source(one.source, {}, bank=_any_bank(gray)).make(0, site)
                Gate().judge(made, site)

    def perform(self, task: Task) -> Iterator[Done]:
        """Make the pictures of one source, each as soon as it is done; never raises for a bad input.

        Raises:
            OutputError: The output cannot be written.
        """
        start = time.perf_counter()
        try:
            digest = source_digest(task.item)
            site = self._site(task.item)
        except Exception as error:  # codecs raise anything; one bad file never stops a batch
            yield set_aside(error, task.item, None, "reading it")
            return
        reading = (time.perf_counter() - start) / max(len(task.copies), 1)
        for copy in task.copies:
            start = time.perf_counter()
            try:
                done = self._one(task.item, site, copy)
            except Exception as error:
                done = set_aside(error, task.item, copy, "augmenting it")
            if isinstance(done, SetAside):
                yield done
            else:
                seconds = reading + time.perf_counter() - start
                yield Made(task.item.key, copy, *done, source_sha256=digest, seconds=seconds)

    def _one(self, item: Item, site: Site, copy: int) -> SetAside | tuple[Path, tuple[Any, ...], dict[str, Any], Any]:
        shares = self.shares[item.key]
        share = shares[copy % len(shares)]  # a dry run asks for one more, to see how long a second takes
        wanted, maker = self.wanted[share.name], self._maker(share.name)
        if maker.source is None:
            return SetAside(item.key, "bank", maker.why_not, copy)
        seed = _seed(self.seed, item.key, copy, share.name)
        site = replace(site, places=maker.places)
        gate = _within(maker.gate, cover_of(self.profile), site)
        make = maker.source.make
        try:
            outcome: Outcome[Any] = accepted(lambda own: make(own, site), site, seed, gate=gate, most=self.tries)
        except LabelError as error:
            return Refused(item.key, "no-room", f"{share.name}: {error}", copy, {"no-room": self.tries})
        if outcome.drawn is None:
            return _refused(item.key, copy, share.name, outcome.attempts)
        record = self._record(item, copy, share, wanted, maker, outcome)
        folder = private_folder(self.out)
        drawn: Any = outcome.drawn
        try:
            stem = self.names[item.key]
            paths, labels = self.output.write(drawn.picture, drawn.mask, share.name, stem, copy, folder)
            return folder, tuple(sealed(folder, path) for path in paths), record, _stored(labels)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _record(
        self, item: Item, copy: int, share: Share, wanted: Wanted, maker: _Maker, outcome: Outcome[Any]
    ) -> dict[str, Any]:
        """Return what the ledger keeps: what was drawn, what the gate measured, and why tries were refused."""
        assert maker.source is not None
        seen = outcome.attempts[-1]
        measures = {name: getattr(seen.verdict.measures, name) for name in seen.verdict.measures.__slots__}
        refused = [
            {refusal.code: [refusal.value, refusal.limit] for refusal in attempt.verdict.refusals}
            for attempt in outcome.attempts[:-1]
        ]
        drawn: Any = outcome.drawn
        picture = self.pictures[item.key]
        defect = {
            "class": share.name,
            "from": wanted.source,
            "number": share.number,
            "seed": seen.seed,
            **maker.source.told(drawn),
            "gate": {**measures, "distance": seen.verdict.distance},
            "tries": len(outcome.attempts),
            "refused": refused,
        }
        about = {"group": picture.group, "lighting": picture.lighting}
        effects = {"drawn_defect": round(float(drawn.mask.mean()), 6)}
        told = {"seed": self.seed, "key": item.key, "copy": copy, "effects": effects, "exact": True, "moved": False}
        stored: dict[str, Any] = _stored({**told, **about, "defect": defect})
        return stored

    def _site(self, item: Item) -> Site:
        """Return the photograph of a good part, and what on it belongs to the part.

        Raises:
            ImageError: It is no picture, or nothing on it belongs to the part.
        """
        sample = self.layout.read(item)
        part = self.profile.part
        if sample.image is None or part is None:
            raise ImageError("it is no picture, and defects are drawn on pictures")
        own = None
        if part.foreground.by == "masks" and part.foreground.folder is not None:
            own = _part_mask(part.foreground.folder, item.key)
        return Site.of(sample.image, part, value_range=sample.value_range, mask=own)

    def _maker(self, name: str) -> _Maker:
        """Return how the defects of a class are made; what is learned for it is learned once a process."""
        if name not in self.made:
            try:
                self.made[name] = self._making(self.wanted[name])
            except LabelError as error:
                self.made[name] = _Maker(None, why_not=f"{name}: {error}")
        found: _Maker = self.made[name]
        return found

    def _making(self, wanted: Wanted) -> _Maker:
        part = self.profile.part
        assert part is not None
        assert part.pixel_pitch_mm is not None
        settings, places, bank = dict(wanted.settings), wanted.places, None
        if wanted.like is not None:
            masks = [found[2] for found in self.bank.pictures(wanted.like) if not isinstance(found, SetAside)]
            sizes = learn_sizes(masks, part.pixel_pitch_mm)
            settings = {**learned_settings(wanted.source, sizes), **settings}
            places = places or sizes.places
        if wanted.source == BANK:
            kind = str(settings["kind"])
            bank = DefectBank.of(self._patches(kind, part))
        made = source(wanted.source, settings, bank=bank)
        gate = Gate.from_mapping({**self.profile.gate, **wanted.gate})
        return _Maker(made, gate if "seam" in wanted.gate else made.gate(gate), places)

    def _patches(self, kind: str, part: Part) -> Iterator[Patch]:
        for found in self.bank.pictures(kind):
            if not isinstance(found, SetAside):
                item, picture, mask = found
                yield from patches_of(picture, mask, part, kind=kind, source=item.key)


def cover_of(profile: Profile) -> float:
    """Return the largest share of a picture that a profile lets a drawn defect cover.

    Raises:
        DomainAugError: It lets none be drawn.
    """
    most = 1.0
    for limit in profile.in_force("drawn_defect"):
        if limit.code in profile.waivers or limit.allow == "any":
            continue
        if limit.allow == "never":
            raise DomainAugError(f"{profile.id} allows no drawn defects ({limit.code}): {limit.reason}")
        most = min(most, (limit.high or 0.0) / (100.0 if limit.unit == "%" else 1.0))
    return most


def _within(gate: Gate, cover: float, site: Site) -> Gate:
    """Return a gate that lets nothing larger than a share of a picture through."""
    most = cover * site.shape[0] * site.shape[1] * site.pitch_mm**2
    low, high = gate.area_mm2 or (0.0, most)
    return gate.with_sizes(area_mm2=(min(low, most), min(high, most)))


def _seed(seed: int, key: str, copy: int, name: str) -> int:
    text = f"{seed}\n{key}\n{copy}\n{name}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


def _refused(key: str, copy: int, name: str, attempts: Sequence[Attempt]) -> Refused:
    counts = Counter(refusal.code for attempt in attempts for refusal in attempt.verdict.refusals)
    code, _ = counts.most_common(1)[0]
    of = [refusal for attempt in attempts for refusal in attempt.verdict.refusals if refusal.code == code]
    values = sorted(refusal.value for refusal in of)
    told = ", ".join(f"{each} {count}" for each, count in counts.most_common())
    shown = f"{code} {values[0]:.3g} to {values[-1]:.3g} where {of[0].limit:.3g} is the limit"
    return Refused(key, code, f"{name}: the gate refused {len(attempts)} tries ({told}; {shown})", copy, dict(counts))


def _stored(value: Any) -> Any:
    """Return a value as the ledger will give it back, numbers of numpy as plain ones."""
    return json.loads(json.dumps(value, sort_keys=True, allow_nan=False, default=lambda one: one.item()))


def _part_mask(folder: Path, key: str) -> NDArray[Any]:
    """Return the mask of a part, which has the name of its picture, in the same folders or in none.

    Raises:
        ImageError: There is none.
    """
    path = PurePosixPath(key).with_suffix("")
    names = (path.as_posix(), path.name, f"{path.name}_mask")
    for name in names:
        for suffix in _MASKS:
            if (folder / f"{name}{suffix}").is_file():
                return images.read_mask(folder / f"{name}{suffix}")
    raise ImageError(f"its mask of the part is missing: no {path.name}.png in the folder of the foreground's masks")


def _any_bank(gray: NDArray[Any]) -> DefectBank:
    mask = np.zeros((9, 9), np.bool_)
    mask[3:6, 3:6] = True
    return DefectBank((Patch("any", np.asarray(gray[:9, :9] / 255, np.float32), mask, 0.1, (0.5, 0.5)),), None)
