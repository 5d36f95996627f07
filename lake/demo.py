"""`lake demo`: a month of trades with realistic dirt becomes a lake, is checked against the truth, and answers questions."""

import json
import shlex
import shutil
import sys
import time
from datetime import date
from pathlib import Path

from rich.text import Text

from jobs import processed_to_curated, raw_to_processed
from jobs.deliver import deliver
from jobs.reports import RunReport
from jobs.source_files import load_sources
from jobs.zones import Zones
from lake import console, show
from lake.account import account_of
from lake.demo_correction import correct_late, show_correction
from lake.failures import NoLakeError
from lake.generator import Truth, generate
from lake.observe import observed_in
from lake.query import run_query
from lake.report.build import write_report
from lake.truth_check import Comparison, compare

__all__ = ["describe_generated", "run_demo"]

_MARK = ".energy-lake-demo"

_QUESTIONS = {
    "What did a megawatt hour cost, by energy type, and what did it sell for? (EUR, weighted by volume)": """
SELECT energy_type,
       sum(bought_mwh) AS bought_mwh,
       CAST(sum(bought_vwap * bought_mwh) / sum(bought_mwh) AS DECIMAL(18,2)) AS bought_vwap,
       sum(sold_mwh) AS sold_mwh,
       CAST(sum(sold_vwap * sold_mwh) / sum(sold_mwh) AS DECIMAL(18,2)) AS sold_vwap
FROM curated_market_daily WHERE currency = 'EUR'
GROUP BY energy_type ORDER BY bought_mwh DESC""",
    "At which hours of the day did prices fall below zero? (market time of Madrid)": """
SELECT hour(delivery_start AT TIME ZONE 'UTC' AT TIME ZONE market_zone) AS hour,
       count(*) AS trades, min(price_per_mwh) AS lowest_price
FROM curated_transactions
WHERE price_per_mwh < 0 AND market_zone = 'Europe/Madrid'
GROUP BY hour ORDER BY trades DESC LIMIT 5""",
    "Which counterparties trade with us and are in nobody's register?": """
SELECT coalesce(provider_id, client_id) AS counterparty, count(*) AS trades, sum(quantity_mwh) AS quantity_mwh
FROM curated_transactions
WHERE is_provider_known = false OR is_client_known = false
GROUP BY counterparty ORDER BY trades DESC LIMIT 5""",
}


def run_demo(directory: Path, *, days: int, rows: int, seed: int, dirt: float) -> bool:
    """Generates, ingests, runs, compares and asks; prints each step. True where every number is the planted one.

    `directory` is emptied first. Raises `NoLakeError` where it holds anything that no demo made.
    """
    started = time.perf_counter()
    _empty(directory)
    console.out.rule("1 · two exporters deliver")
    with console.progress_bar("generate") as bar:
        truth = generate(
            directory / "deliveries", days=days, rows=rows, seed=seed, dirt=dirt, progress=lambda d, t: bar("", d, t)
        )
    describe_generated(directory / "deliveries", truth)
    zones = Zones.under(str(directory / "lake"))
    _ingest(zones, directory / "deliveries")
    console.out.rule("2 · the lake takes them in")
    report = _run(zones, str(directory / "lake"))
    show.show_run(report)
    console.out.rule("3 · every row accounted for")
    account = account_of(zones, load_sources())
    show.show_account(account, str(directory / "lake"), verified=False)
    checked = compare(zones, account, report.refused, truth)
    _show_comparison(checked)
    console.out.rule("4 · a correction comes late")
    correction = correct_late(zones, directory / "deliveries")
    show_correction(correction)
    balances = account_of(zones, load_sources()).balances
    console.out.rule("5 · three questions")
    for question, sql in _QUESTIONS.items():
        console.say(question, "bold")
        for line in sql.strip().splitlines():
            console.say(line, "dim")
        console.print_result(run_query(zones, sql))
    console.out.rule("done")
    _report(zones, directory / "lake")
    _say_what_next(directory, correction.transaction_id, time.perf_counter() - started)
    is_sound = account.balances and balances and correction.is_contained
    return is_sound and all(item.agrees for item in checked)


def describe_generated(directory: Path, truth: Truth) -> None:
    """What was generated, in two sentences and a table of what was planted."""
    records = sum(dataset.rows_in for dataset in truth.datasets.values())
    files = sum(dataset.files for dataset in truth.datasets.values()) + len(truth.refused)
    console.say(
        f"{records:,} records in {files} files from {truth.first_day} on, {truth.days} delivery days, in {directory} "
        f"(truth.json says what is in them, deliveries.json in which order they come)."
    )
    table = console.table("planted", "kind", "times", "effect", "what it is", text=(0, 2), prose=(3,))
    for kind, planted in truth.planted.items():
        if planted.count:
            table.add_row(kind, f"{planted.count:,}", planted.effect, planted.sentence)
    console.print_table(table)


def _ingest(zones: Zones, directory: Path) -> None:
    sources = load_sources()
    deliveries = json.loads((directory / "deliveries.json").read_text(encoding="utf-8"))
    for delivery in deliveries:
        deliver(
            zones,
            sources,
            dataset=delivery["dataset"],
            source=delivery["source"],
            ingest_date=date.fromisoformat(delivery["ingest_date"]),
            file=directory / delivery["file"],
        )
    console.say(f"{len(deliveries)} files delivered into {zones.raw.uri}, in the order in which they came.")


def _run(zones: Zones, root: str) -> RunReport:
    job = "raw-to-processed"
    with console.progress_bar(job) as bar, observed_in(root, job) as seen:
        seen.run.report = report = raw_to_processed.run(zones, load_sources(), progress=bar, observe=seen)
    job = "processed-to-curated"
    with console.progress_bar(job) as bar, observed_in(root, job) as seen:
        report.curated = processed_to_curated.run(zones, progress=bar, observe=seen)
        seen.run.report = RunReport(curated=report.curated)
    return report


def _report(zones: Zones, folder: Path) -> None:
    page = folder / "report.html"
    write_report(zones, load_sources(), page, folder)
    console.say(f"The report is in {page}; a browser shows it, and it needs no network.")


def _show_comparison(checked: list[Comparison]) -> None:
    table = console.table("the lake against the planted truth", "where", "what", "planted", "found", "", text=(0, 1, 4))
    for item in checked:
        mark = Text("✓", "green") if item.agrees else Text("✗", "bold red")
        texts = (item.where, item.what, item.planted, item.found)
        table.add_row(*(Text(console.visible(text)) for text in texts), mark)
    console.print_table(table)
    wrong = sum(not item.agrees for item in checked)
    if wrong:
        console.complain("not what was planted:", f"{wrong} of {len(checked)} numbers")
    else:
        console.say(f"All {len(checked)} numbers are exactly what was planted.", "green")


def _empty(directory: Path) -> None:
    mark = directory / _MARK
    if directory.exists() and not directory.is_dir():
        raise NoLakeError(f"{directory} is a file; name a folder for the demo")
    if directory.is_dir() and any(directory.iterdir()) and not mark.is_file():
        raise NoLakeError(f"{directory} holds files that no demo made, and a demo empties its folder; name another one")
    directory.mkdir(parents=True, exist_ok=True)
    for old in (directory / "deliveries", directory / "lake"):
        shutil.rmtree(old, ignore_errors=True)
    mark.write_text("Made by `lake demo`, which empties this folder when it runs again.\n", encoding="utf-8")


def _say_what_next(directory: Path, moved: str, seconds: float) -> None:
    program = "lake" if shutil.which("lake") else sys.argv[0]
    lake = f"{shlex.quote(program)} --lake {shlex.quote(str(directory / 'lake'))}"
    console.say(f"The demo took {seconds:.0f} seconds. Next, for example:")
    for command, why in (
        (f"{lake} status --verify", "the books, compared with every file"),
        (f"{lake} quarantine --dataset transactions", "why rows were rejected, and which"),
        (f"{lake} explain {moved}", "the life of the trade that the correction moved"),
        (f'{lake} query "SELECT * FROM curated_market_daily LIMIT 5"', "your own question"),
        (f"{lake} run", "again: nothing is due but the files that were refused"),
    ):
        console.say(f"  {command}")
        console.say(f"      {why}")
