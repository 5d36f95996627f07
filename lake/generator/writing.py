"""From lines to the bytes of a delivered file, and the list of all deliveries. The same lines give the same bytes."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import zstandard

__all__ = ["Delivery", "write_deliveries", "write_lines"]

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One file as `lake ingest` wants it; `file` is relative to the generated folder."""

    dataset: str
    source: str
    ingest_date: date
    file: str


def write_lines(path: Path, lines: Sequence[bytes], *, line_end: str = "\n", has_bom: bool = False) -> None:
    """Write the lines, each ended, compressed as the file's ending says (.gz, .zst or not). No lines make no bytes."""
    end = line_end.encode()
    content = (_BOM if has_bom else b"") + end.join([*lines, b""])
    if path.suffix == ".gz":
        content = gzip.compress(content, 6, mtime=0)
    elif path.suffix == ".zst":
        content = zstandard.ZstdCompressor(level=3).compress(content)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def write_deliveries(directory: Path, deliveries: Sequence[Delivery]) -> None:
    """Write `deliveries.json`: every file in order of delivery (ingest date, then source and name)."""
    ordered = sorted(deliveries, key=lambda delivery: (delivery.ingest_date, delivery.file))
    text = json.dumps([asdict(delivery) for delivery in ordered], indent=2, default=str)
    (directory / "deliveries.json").write_text(text + "\n", encoding="utf-8")
