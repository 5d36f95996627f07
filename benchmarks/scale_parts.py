"""The parts of `docs/scale.md` about storage, books and the simulation, and how a table is written."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scale_predict import ASSUMED, FIRST, GET_RATE, PRICES, PUT_RATE, SECOND, SHAPES, Model

from contracts import CURATED
from jobs.compact import DEFAULT_TARGET_ROWS

__all__ = ["HOURS", "TABLES", "books", "objects", "requests", "simulation", "table", "usd"]

TABLES = sum(bool(contract.partition) for contract in CURATED.values())
"""Curated tables that are written by date."""
HOURS = {FIRST: 1.0, SECOND: 2.0}
"""How long a stage may take."""


def requests(model: Model) -> str:
    """What S3 is asked, by stage and for some shapes, with rates and dollars."""
    rows = []
    for name in ("1 GB a day", "100 GB a day", "1 TB over ten years of dates"):
        shape = model.shape(name)
        for stage, kinds in model.requests.items():
            puts, gets = (kinds[kind].of(shape.counts_of(stage)) for kind in ("PUT, COPY, LIST", "GET, HEAD"))
            seconds = HOURS[stage] * 3600
            dollars = (
                puts / 1e3 * PRICES["S3 PUT, COPY, LIST, 1,000 requests"]
                + gets / 1e3 * PRICES["S3 GET, HEAD, 1,000 requests"]
            )
            rows.append(
                [
                    name,
                    stage,
                    f"{puts:,.0f}",
                    f"{gets:,.0f}",
                    f"{puts / seconds:,.1f}",
                    f"{gets / seconds:,.1f}",
                    usd(dollars),
                ]
            )
    fits = [
        [
            stage,
            kind,
            *(
                f"{found.costs.get(cause, 0.0):.1f}"
                for cause in ("runs", "files", "outputs", "processed_files", "dates", "entries")
            ),
        ]
        for stage, kinds in model.requests.items()
        for kind, found in kinds.items()
    ]
    kms = ASSUMED["KMS requests a thousand objects with a bucket key"][0]
    year = model.shape("100 GB a day")
    stored = year.csv_gb * (1 + (model.processed_bytes_a_row + model.curated_bytes_a_row) / model.bytes_a_row)
    return (
        "## Requests to S3\n\nCounted call by call on folders, and fitted:\n\n"
        + table(["stage", "kind", "a run", "a file", "an output", "a processed file", "a date", "an entry"], fits)
        + "\n"
        + table(["day", "stage", "PUT, COPY, LIST", "GET, HEAD", "PUT/s", "GET/s", "a run"], rows)
        + f"\nWithout the ledger's own entries, which are below. S3 takes {PUT_RATE:,} and {GET_RATE:,} a second and prefix, "
        "and every date, table and delivery day is a prefix of its own, so rates are no limit; adaptive retries wait where S3 "
        f"says Slow Down. KMS: about {kms:g} requests a thousand objects with the bucket keys that the buckets have, "
        f"{usd(PRICES['KMS, 10,000 requests'])} a 10,000: nothing beside these. Storage: 100 GB of CSV a day leave "
        f"{stored:,.0f} GB, {usd(stored * PRICES['S3 Standard, GB-month'])} a month for each day kept.\n"
    )


def objects(model: Model) -> str:
    """How many files of which size, and partitions."""
    rows = []
    for name, *_ in SHAPES:
        shape = model.shape(name)
        a_date, width = shape.rows_a_date, model.processed_bytes_a_row
        mb = shape.rows * width / shape.outputs / 1e6
        files = shape.outputs * shape.again / shape.dates
        merged = max(1.0, min(files, a_date / DEFAULT_TARGET_ROWS))
        rows.append(
            [
                name,
                f"{shape.csv_gb * 1e3 / shape.files:,.1f}",
                f"{shape.outputs:,}",
                f"{mb:,.2f}",
                f"{files:,.0f}",
                f"{merged:,.0f} of {a_date * width / merged / 1e6:,.1f}",
                f"{a_date * model.curated_bytes_a_row / 1e6:,.0f}",
                f"{shape.dates * TABLES:,}",
            ]
        )
    columns = [
        "day",
        "MB a CSV file",
        "processed files",
        "MB each",
        "a date",
        "a date, compacted, MB",
        "curated MB a date",
    ]
    return "## Files and partitions\n\n" + table([*columns, "partitions written"], rows)


def books(measured: Mapping[str, Any], model: Model) -> str:
    """The made-up ledger and state, and what grows with deliveries."""
    rows = []
    for told in measured["books"]:
        first, second = told["sizes"]
        what = (
            f"{first:,} entries of {second} files"
            if told["what"] == "ledger"
            else f"{first:,} dates, {second:,} deliveries"
        )
        rows.append(
            [
                told["what"],
                what,
                f"{told['bytes'] / 1e6:,.1f}",
                f"{told['read_s']:.2f}",
                f"{told['write_s']:.2f}",
                f"{told['peak_mib']:,}",
            ]
        )
    ledger = max((told for told in measured["books"] if told["what"] == "ledger"), key=lambda told: told["sizes"][0])
    an_entry = ledger["read_s"] / ledger["sizes"][0]
    size = ledger["bytes"] / ledger["sizes"][0]
    asked = sum(kinds["GET, HEAD"].costs.get("entries", 0.0) for kinds in model.requests.values())
    wait = asked * ASSUMED["seconds a request to S3"][0] / ASSUMED["entries read from S3 at a time"][0]
    small = min((told for told in measured["books"] if told["what"] == "ledger"), key=lambda told: told["sizes"][0])
    held = (ledger["peak_mib"] - small["peak_mib"]) / (ledger["sizes"][0] - small["sizes"][0]) / 1024
    grown = []
    for files in (100, 1_000, 10_000):
        for days in (30, 365):
            entries = files * days
            grown.append(
                [
                    f"{files:,}",
                    f"{days}",
                    f"{entries:,}",
                    f"{entries * size / 1e6:,.0f}",
                    f"{entries * an_entry / 60:,.1f}",
                    f"{entries * wait / 60:,.0f}",
                    f"{entries * held:,.1f}",
                ]
            )
    return (
        "## The lake's books\n\nMade up at full size, written and read by the lake's own code:\n\n"
        + table(["book", "size", "MB", "read s", "write s", "peak MiB"], rows)
        + f"\nEvery run reads every entry: {an_entry * 1e3:.2f} ms of CPU each, and on S3 {asked:.0f} requests an entry for both "
        "jobs together, ten at a time. This is the first thing to break as deliveries grow:\n\n"
        + table(
            [
                "files a day",
                "days kept",
                "entries",
                "ledger MB",
                "CPU min a reading",
                "min of waiting for S3, both jobs",
                "driver GiB",
            ],
            grown,
        )
    )


def simulation(model: Model) -> str:
    """A TB through the first job on clusters of several sizes."""
    rows = []
    shape = model.shape("1 TB over ten years of dates")
    for workers in (10, 25, 50, 100, 200):
        found = model.predict(shape, FIRST, ("G.1X", workers, 4))
        plain = model.predict(shape, FIRST, ("G.1X", workers, 4), largest_first=False)
        rows.append(
            [
                f"{workers} × G.1X",
                f"{found.outcome.ideal / 60:,.0f}",
                f"{found.outcome.seconds / 60:,.0f}",
                f"{found.outcome.efficiency:.0%}",
                f"{plain.outcome.efficiency:.0%}",
                f"{found.outcome.tries - shape.files:,}",
                usd(found.usd),
            ]
        )
    columns = ["workers", "ideal min", "simulated min", "efficiency", "files as they come", "tries lost", "Glue"]
    return (
        "## Simulated: a TB of CSV in 10,000 files through raw-to-processed\n\n"
        "Sizes log-normal (deviation of the logarithm 0.5), 2 % of the slots half as "
        "fast, 0.5 % of tries lost and done again, a minute to start:\n\n" + table(columns, rows)
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def usd(amount: float) -> str:
    """Dollars, to the cent or to four places below one."""
    return f"${amount:,.2f}" if amount >= 0.01 else f"${amount:.4f}"  # noqa: PLR2004 - below a cent
