"""Strings that stand for what names a patient, and where an output folder could say them."""

from __future__ import annotations

import gzip
import sqlite3
import zlib
from collections.abc import Collection
from pathlib import Path

CANARY = "ZQ7CANARY"
DATE, TIME, AGE, NUMBER, UID = "19370819", "031759", "087Y", "83.791", "1.2.840.99999.7.31337"
SECRETS = (CANARY, DATE, TIME, AGE, NUMBER, UID)


def told_by(out: Path, *, but: Collection[str] = (".dcm",)) -> dict[str, str]:
    """All that an output folder says, files of some kinds apart; what is gzipped is told unpacked, too."""
    told = {f"name {path.relative_to(out)}": str(path.relative_to(out)) for path in out.rglob("*")}
    for path in out.rglob("*"):
        if path.is_file() and path.suffix not in but:
            content = path.read_bytes()
            told[path.name] = content.decode("latin-1")
            if content[:2] == b"\x1f\x8b":
                told[f"within {path.name}"] = gzip.decompress(content).decode("latin-1")
    if (out / "ledger.sqlite").exists():
        with sqlite3.connect(out / "ledger.sqlite") as database:
            told["ledger"] = "\n".join(database.iterdump())
    return told


def leaks(told: dict[str, str], secrets: Collection[str] = SECRETS) -> list[str]:
    """Where which secret is told."""
    return [f"{secret} in {where}" for where, text in told.items() for secret in secrets if secret in text]


def zipped_under(name: str, content: bytes) -> bytes:
    """A gzip file that tells in its header what was zipped (RFC 1952: FNAME, FCOMMENT)."""
    deflater = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    head = b"\x1f\x8b\x08\x18" + bytes(4) + b"\0\xff" + name.encode() + b"\0" + f"comment {name}".encode() + b"\0"
    tail = zlib.crc32(content).to_bytes(4, "little") + len(content).to_bytes(4, "little")
    return head + deflater.compress(content) + deflater.flush() + tail
