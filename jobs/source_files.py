"""Reads `sources/*.toml`, the ones that ship with the lake or those of a folder that the user names."""

import tomllib
from importlib import resources
from pathlib import Path

from contracts import DELIVERED
from contracts.source import Source, SourceError
from contracts.source_reader import read_source

__all__ = ["load_sources"]


def load_sources(folder: Path | None = None) -> dict[str, Source]:
    """Every source by name. Raises `SourceError` naming the file where one is not TOML or declares what it must not."""
    files = resources.files("sources") if folder is None else folder
    loaded = {}
    for file in sorted(files.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            name = file.name.removesuffix(".toml")
            try:
                content = tomllib.loads(file.read_text(encoding="utf-8"))
            except tomllib.TOMLDecodeError as error:
                raise SourceError(f"sources/{file.name} is not TOML: {error}") from error
            loaded[name] = read_source(name, content, DELIVERED)
    return loaded
