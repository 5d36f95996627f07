"""Renders `docs/scale.md` of what `scale.json` has. Every number there is measured, fitted to that, or named as assumed."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scale_model import STAGES, Shape, measured_of
from scale_parts import HOURS, TABLES, books, objects, requests, simulation, table, usd
from scale_predict import ASSUMED, FIRST, G1X_FREE_DISK_GB, PRICES, SECOND, SHAPES, WORKERS, Model, Prediction, model_of
from scale_text import CATALOG, LIMITS, OPENING, WORKING

__all__ = ["PAGE", "page"]

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"


def page(measured: Mapping[str, Any]) -> str:
    """The whole page. The same measurements give the same text."""
    model = model_of(measured)
    parts = [
        OPENING.format(
            day=measured["origin"]["measured"], code=measured["origin"]["code"], **measured["origin"]["machine"]
        ),
        _measurements(measured, model),
        _costs(model),
        _glue(model),
        _memory(model),
        requests(model),
        objects(model),
        books(measured, model),
        CATALOG.format(
            partitions=TABLES * 3_650,
            tables=TABLES,
            calls=-(-TABLES * 3_650 // 100),
            athena=usd(PRICES["Athena, TB scanned"]),
        ),
        simulation(model),
        _settings(measured, model),
        WORKING,
        LIMITS,
    ]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _measurements(measured: Mapping[str, Any], model: Model) -> str:
    rows = []
    for stage in STAGES:
        for run in measured_of(measured, stage):
            cost, counts = run["cost"], run["counts"]
            cpu, fitted = cost["user_s"] + cost["system_s"], model.cpu[stage].of(counts)
            files = counts.get("files", counts.get("processed_files", counts.get("merged_files")))
            dates = counts.get("dates", counts.get("dates_merged", counts.get("outputs", 0)))
            rows.append(
                [
                    stage,
                    run["lake"],
                    f"{counts['rows']:,}",
                    f"{files:,}",
                    f"{dates:,}",
                    f"{cpu:.2f}",
                    f"{fitted:.2f}",
                    f"{fitted / cpu - 1:+.0%}",
                    f"{cost['peak_mib']:,.0f}",
                ]
            )
    columns = ["stage", "lake", "rows", "files", "outputs or dates", "CPU s", "model", "error", "peak MiB"]
    return "## What was measured\n\n" + table(columns, rows)


def _costs(model: Model) -> str:
    told = []
    for stage, found in model.cpu.items():
        for cause, cost in found.costs.items():
            unit, scale = {"rows": ("a million rows", 1e6), "runs": ("a run", 1.0)}.get(
                cause, (f"a thousand {cause.replace('_', ' ')}", 1e3)
            )
            told.append([stage, unit, f"{cost * scale:,.2f}"])
        told.append([stage, "worst error of a run above", f"{found.worst_error:.0%}"])
    gb = 1e9 / model.bytes_a_row
    both = [(stage, model.cpu[stage].costs["rows"] * gb) for stage in (FIRST, SECOND)]
    words = ", ".join(f"{stage} {seconds:,.0f} CPU s" for stage, seconds in both)
    return (
        "## The model: CPU seconds\n\n"
        + table(["stage", "of", "CPU s"], told)
        + f"\nA GB of CSV is {gb / 1e6:,.1f} million rows of {model.bytes_a_row:.0f} bytes. Of its rows alone: {words}. It becomes "
        f"{model.processed_bytes_a_row / model.bytes_a_row:.2f} GB of processed and "
        f"{model.curated_bytes_a_row / model.bytes_a_row:.2f} GB of curated Parquet with all marts.\n"
    )


def _glue(model: Model) -> str:
    rows = []
    for shape, stage, found in _predictions(model):
        fits = found is not None
        rows.append(
            [
                shape.name,
                stage,
                f"{shape.rows / 1e6:,.1f} M",
                f"{found.workers} × {found.worker}" if fits else "no worker is large enough",
                f"{found.cpu_seconds / 3600:,.3f}" if fits else "",
                f"{found.outcome.seconds / 60:,.1f}" if fits else "",
                f"{found.outcome.efficiency:.0%}" if fits else "",
                usd(found.usd) if fits else "**cannot be run**",
                usd(found.usd / shape.csv_gb) if fits else "",
            ]
        )
    glue = PRICES["Glue 5.x, DPU-hour"]
    assumed = [[name, f"{value:g}", why] for name, (value, why) in ASSUMED.items()]
    columns = ["day", "stage", "rows", "workers", "CPU hours here", "minutes", "efficiency", "a run", "a GB"]
    return (
        "## On Glue\n\nWorkers for stage one in an hour and stage two in two, one of them the driver, Glue 5.1 at "
        f"{usd(glue)} a DPU-hour (6.0: {PRICES['Glue 6.0, DPU-hour'] / glue:.0%} of it, FLEX: "
        f"{PRICES['Glue 5.x FLEX, DPU-hour'] / glue:.0%}); the run is simulated: one task a vCPU "
        "for files, one a worker for dates where a date needs its memory.\n\n"
        + table(columns, rows)
        + "\nAssumed, not measured:\n\n"
        + table(["what", "value", "why"], assumed)
    )


def _predictions(model: Model) -> Iterable[tuple[Shape, str, Prediction | None]]:
    for name, *_ in SHAPES:
        shape = model.shape(name)
        for stage, hours in HOURS.items():
            cluster = model.cluster(shape, stage, hours)
            yield shape, stage, model.predict(shape, stage, cluster) if cluster else None


def _memory(model: Model) -> str:
    rows = []
    whole = model.shape("1 TB over a year of dates")
    for name, worker in WORKERS.items():
        alone, shared = model.rows_that_fit(worker.memory_gb), model.rows_that_fit(worker.memory_gb / worker.vcpus)
        gb = model.bytes_a_row / 1e9
        rows.append(
            [name, f"{worker.memory_gb} GB", f"{shared / 1e6:,.1f} M", f"{alone / 1e6:,.0f} M", f"{alone * gb:,.1f} GB"]
        )
    return (
        "## How large one market day may be\n\n"
        f"Processed-to-curated computes a date in one piece, in {model.peak_base_mib:,.0f} MiB and "
        f"{model.peak_bytes_a_row:,.0f} bytes a row of that date. A date is never cut, so this, and not the bytes of a "
        "day's deliveries, is what ends the design:\n\n"
        + table(
            ["worker", "memory", "rows a date, one task a vCPU", "rows a date, one task a worker", "CSV of that date"],
            rows,
        )
        + f"\nSo a TB, {whole.rows / 1e9:,.1f} billion rows, has to lie on at least "
        f"{whole.rows / model.rows_that_fit(128):,.0f} dates for G.8X and {whole.rows / model.rows_that_fit(16):,.0f} for G.1X.\n"
    )


def _settings(measured: Mapping[str, Any], model: Model) -> str:
    second, first = model.cpu[SECOND].costs, model.cpu[FIRST].costs
    merge = second["processed_files"] / (0.1 * second["rows"]) if second["rows"] else 0.0
    vcpu = ASSUMED["vCPU seconds a CPU second here"][0]
    gb = 1e9 / model.bytes_a_row * vcpu
    polars = 4 * 3600 / (first["rows"] * gb) * 0.6
    disk = G1X_FREE_DISK_GB / (1 + model.processed_bytes_a_row / model.bytes_a_row)
    alone = model.rows_that_fit(WORKERS["G.1X"].memory_gb)
    per_gb = first["rows"] * gb / (4 * 3600 * 0.8)
    ledger = max((told for told in measured["books"] if told["what"] == "ledger"), key=lambda told: told["sizes"][0])
    asked = sum(kinds["GET, HEAD"].costs.get("entries", 0.0) for kinds in model.requests.values())
    wait = asked * ASSUMED["seconds a request to S3"][0] / ASSUMED["entries read from S3 at a time"][0]
    entries = 360 / (wait + ledger["read_s"] / ledger["sizes"][0])
    spare = model.rows_that_fit(4) / 1e6
    rows = [
        [
            "engine: polars → spark",
            (
                f"more than {min(polars, disk):,.0f} GB due: an hour of one G.1X is {polars:,.0f} GB, its disk holds "
                f"the copies of {disk:,.0f} GB"
            ),
            "`--engine`; `auto` changes at 16 GiB",
        ],
        ["workers", f"1 + {per_gb:.3f} × GB due ÷ hours allowed, stage one on G.1X", "`jobs` in the stack's settings"],
        [
            "G.1X → G.2X → G.4X → G.8X",
            f"one date of more than {alone / 1e6:,.0f} M rows, twice that, and so on (table above)",
            "`worker_type`",
        ],
        [
            "tasks a worker",
            f"one a vCPU while a date has fewer than {spare:,.1f} M rows, then half as many",
            "`spark.task.cpus`",
        ],
        ["rows a batch", "150,000 at any size: a date of more is a batch of its own", "`_ROWS_PER_BATCH`"],
        [
            "compaction",
            (
                f"when the files of a date have fewer than {merge:,.0f} rows on average: opening them is then more than a tenth of "
                "what reading and computing their rows takes"
            ),
            "`lake compact`",
        ],
        [
            "target of a compaction",
            (
                f"1,000,000 rows are {model.processed_bytes_a_row:,.0f} MB; eight times that if the processed zone is scanned by "
                "Athena; the merge holds up to twice the target in memory"
            ),
            "`--target-rows`",
        ],
        [
            "files to cut",
            (
                "1 GiB: the Spark engine cuts larger ones at line boundaries. A task outlasts the others where its file is more "
                f"than 1 ÷ 3n of the bytes due on n slots; 1 GB takes one vCPU {first['rows'] * gb / 60:,.1f} min"
            ),
            "`LARGE_BYTES`",
        ],
        [
            "ledger layout",
            f"more than {entries:,.0f} entries: reading them is then six minutes of a run on S3",
            "one file for each closed month; not built",
        ],
    ]
    return "## When to change what\n\n" + table(["setting", "at", "where"], rows)
