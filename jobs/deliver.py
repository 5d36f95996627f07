"""How a file gets into the raw zone: copied as it is, under a path that says what it is and when it came."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from contracts import DELIVERED
from contracts.source import Source
from jobs.intake import content_hash
from jobs.zones import Zones

__all__ = ["Delivered", "DeliveryError", "check_delivery", "deliver"]

_MOST_VERSIONS = 999


class DeliveryError(ValueError):
    """A file cannot be delivered as asked. The message says what is allowed."""


@dataclass(frozen=True)
class Delivered:
    """Where a file lies in the raw zone, and whether it lay there already, byte for byte."""

    path: str
    was_there: bool


def deliver(
    zones: Zones, sources: Mapping[str, Source], *, dataset: str, source: str, ingest_date: date, file: Path
) -> Delivered:
    """Copies a local file into the raw zone under its own name.

    A file of that name with other content that came the same day keeps its place: the new one becomes `<name>.v002…`, which
    sorts, and therefore counts, after it. Raises `DeliveryError` for an unknown dataset or source, or a file that is not there.
    """
    check_delivery(sources, dataset=dataset, source=source, file=file)
    folder = f"{dataset}/source={source}/ingest_date={ingest_date.isoformat()}"
    content = content_hash(file)
    for path in _names(folder, file.name):
        if not zones.raw.exists(path):
            zones.raw.put(path, file)
            return Delivered(path, was_there=False)
        if content_hash(zones.raw.local(path)) == content:
            return Delivered(path, was_there=True)
    raise DeliveryError(
        f"{file.name} was delivered {_MOST_VERSIONS} times on {ingest_date}; give it another name or date"
    )


def check_delivery(sources: Mapping[str, Source], *, dataset: str, source: str, file: Path) -> None:
    """Raises `DeliveryError` where `deliver` would, without delivering anything."""
    if dataset not in DELIVERED:
        raise DeliveryError(f"no dataset is called {dataset!r}; there are {', '.join(DELIVERED)}")
    if source not in sources:
        raise DeliveryError(
            f"no source is called {source!r}; there are {', '.join(sources)}. A new exporter needs a file sources/{source}.toml"
        )
    if dataset not in sources[source].datasets:
        raise DeliveryError(f"sources/{source}.toml does not say how {dataset} are delivered; add [{dataset}.columns]")
    if not file.is_file():
        raise DeliveryError(f"there is no file {file}; give the path of a CSV file (.csv, .csv.gz or .csv.zst)")
    if file.name.startswith((".", "_")):
        raise DeliveryError(f"{file.name} begins with {file.name[0]!r}, which marks files to be ignored; rename it")
    if not file.name.isprintable():
        raise DeliveryError(f"{file.name!a} holds characters that cannot be printed, or is not UTF-8; rename it")


def _names(folder: str, name: str) -> list[str]:
    stem, dot, suffix = name.partition(".")
    later = [f"{folder}/{stem}.v{version:03d}{dot}{suffix}" for version in range(2, _MOST_VERSIONS + 1)]
    return [f"{folder}/{name}", *later]
