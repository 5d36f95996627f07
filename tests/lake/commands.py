"""What the tests of the command line share: the program called in this process, and a small lake with something of everything."""

import json
from pathlib import Path
from typing import Any

from click.testing import Result
from typer.testing import CliRunner

from lake.cli import app
from tests.jobs.lakes import CLIENTS, PROVIDERS, text, trade, trades

WIDE = {"COLUMNS": "250"}
DAY = "2024-06-01"


def lake(root: Path, *words: str, **environment: str) -> Result:
    """Runs `lake --lake ROOT WORDS` on a wide terminal, unless the environment says otherwise."""
    return CliRunner().invoke(app, ["--lake", str(root), *words], env=WIDE | environment)


def ok(root: Path, *words: str, status: int = 0, **environment: str) -> str:
    """Runs a command that has to end with the status, and gives what it wrote to standard output."""
    done = lake(root, *words, **environment)
    assert done.exit_code == status, done.output
    return done.stdout


def json_of(root: Path, *words: str, status: int = 0) -> Any:
    """The one JSON value that a command prints."""
    return json.loads(ok(root, *words, "--json", status=status))


def ingest(root: Path, dataset: str, *files: Path, day: str = DAY, source: str = "standard") -> str:
    """Delivers files as a user would."""
    return ok(root, "ingest", "--dataset", dataset, "--source", source, "--date", day, *map(str, files))


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """A file to deliver."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


MIXED = text(
    [
        *trades(10),
        trade(3, quantity_kwh="2000", total_amount="200.00"),
        trade(11, quantity_kwh="abc", energy_type="plasma"),
        trade(12, quantity_kwh="0", total_amount="0.00"),
        trade(14, entity_id="CLI-9"),
    ]
)
"""14 rows: 12 valid (one of zero MWh, one of an unknown client), one rejected for two reasons, one replaced by a later row."""


def deliver_all(root: Path, files: Path) -> None:
    """Delivers two providers, a client, and the trades of `MIXED`."""
    ingest(root, "providers", write(files, "providers.csv", PROVIDERS))
    ingest(root, "clients", write(files, "clients.csv", CLIENTS))
    ingest(root, "transactions", write(files, "trades.csv", MIXED))
