"""What the command line says of a run, of the books and of the quarantine. Nothing is computed here; `console.py` prints."""

from collections.abc import Mapping

from rich.text import Text

from contracts import DELIVERED
from jobs.reports import CuratedReport, DatasetReport, FileRefusal, RunReport
from lake.account import Account
from lake.console import complain, print_result, print_table, say, table, visible
from lake.result import Result
from transforms.totals import Totals

__all__ = ["show_account", "show_quarantine", "show_refused", "show_run"]

_MOST_DUE_SHOWN = 10


def show_run(report: RunReport) -> None:
    """What was done: rows by dataset, energy and money, curated tables; and the refused files on the error stream."""
    done = {name: dataset for name, dataset in report.datasets.items() if dataset.files}
    known = sum(dataset.known for dataset in report.datasets.values())
    if done:
        _show_rows(done)
        _show_amounts({name: (dataset.received, dataset.valid) for name, dataset in done.items()})
        _say_counts("kept, with a warning", {name: dataset.warnings for name, dataset in done.items()})
        rejected = sum(dataset.rejected.rows for dataset in done.values())
        if rejected:
            say(f"{_count(rejected, 'row')} went into quarantine; `lake quarantine` shows why.")
        say("")
    if known:
        say(f"{_count(known, 'file')} of what was delivered before, byte for byte, which adds nothing.")
    redone = report.curated and any(made.redone for made in report.curated.tables.values())
    if report.curated and redone:
        _show_curated(report.curated)
    if not done and not known and not redone:
        refused = " but what was refused" if report.refused else ""
        say(f"Nothing is due{refused}.")
    show_refused(report.refused)


def show_refused(refused: list[FileRefusal]) -> None:
    """The files of which nothing was taken, on the error stream."""
    for refusal in refused:
        complain("refused", refusal.why)


def show_account(account: Account, root: str, *, verified: bool) -> None:
    """What is in the lake at `root`, what is due, and whether it balances."""
    if account.datasets:
        _show_books(account)
    else:
        say(f"The lake {root} is empty; `lake ingest` delivers files into it.")
    _show_due(account)
    show_refused(account.refused)
    for fault in account.faults:
        complain("does not balance", fault)
    if account.balances and account.datasets:
        waiting = " (the curated tables are due)" if account.is_curated_due else ""
        say(f"The books balance: rows, MWh and money in are rows, MWh and money out{waiting}.", "green")
        if verified:
            say("Every file holds what the books say.", "green")


def show_quarantine(dataset: str, counts: Mapping[str, int], sample: Result) -> None:
    """The reasons of one dataset's rejected rows with their sentences, and some of the rows."""
    contract = DELIVERED[dataset]
    made = table(f"quarantine of {dataset}", "reason", "rows", "what it means", prose=(2,))
    for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        made.add_row(code, f"{count:,}", contract.rule(code).sentence)
    print_table(made)
    if sample.rows:
        print_result(sample, title=f"some rejected rows of {dataset}")


def _show_rows(done: Mapping[str, DatasetReport]) -> None:
    columns = ("dataset", "files", "rows in", "valid", "rejected", "duplicates", "seconds")
    made = table("raw to processed", *columns)
    for name, dataset in done.items():
        rows = (dataset.received.rows, dataset.valid.rows, dataset.rejected.rows, dataset.duplicates.rows)
        made.add_row(name, f"{dataset.files:,}", *(f"{count:,}" for count in rows), f"{dataset.seconds:.2f}")
    print_table(made)


def _show_curated(report: CuratedReport) -> None:
    columns = ("table", "rows", "partitions redone", "superseded", "cancelled", "unknown parties")
    made = table("processed to curated", *columns)
    for name, done in report.tables.items():
        counts = (done.rows, done.redone, done.superseded, done.cancelled, done.unknown_counterparties)
        made.add_row(name, *(f"{count:,}" for count in counts))
    print_table(made)


def _show_books(account: Account) -> None:
    columns = ("dataset", "files", "rows in", "current", "superseded", "duplicates", "rejected")
    made = table("every row accounted for", *columns)
    for name, books in account.datasets.items():
        rows = (books.received, books.current_rows, books.superseded_rows, books.duplicates, books.rejected)
        counts = (item.rows if isinstance(item, Totals) else item for item in rows)
        made.add_row(name, f"{books.files:,}", *(f"{count:,}" for count in counts))
    print_table(made)
    _show_amounts({name: (books.received, books.valid) for name, books in account.datasets.items()})
    _say_counts("kept, with a warning", {name: books.warnings for name, books in account.datasets.items()})
    if account.curated_rows:
        rows_by_table = ", ".join(f"{name} {rows:,}" for name, rows in account.curated_rows.items())
        say(f"rows of the curated tables: {rows_by_table}")
    if account.merged:
        merged = ", ".join(f"{name} {files:,} of {of:,}" for name, (files, of) in account.merged.items())
        say(f"merged processed files: {merged}")


def _show_due(account: Account) -> None:
    if account.due:
        say(f"Due: {_count(len(account.due), 'file')}; `lake run` takes them in, or says why not.")
        for path in account.due[:_MOST_DUE_SHOWN]:
            say(f"  raw/{path}")
        if len(account.due) > _MOST_DUE_SHOWN:
            say(f"  … and {len(account.due) - _MOST_DUE_SHOWN:,} more")
    elif account.is_curated_due:
        say("Due: the curated tables; `lake run` brings them up to date.")
    else:
        say("Nothing is due.")


def _show_amounts(datasets: Mapping[str, tuple[Totals, Totals]]) -> None:
    """Energy and money: what came in, what of it was published, and the rest, which is in quarantine or a duplicate."""
    for name, (received, published) in datasets.items():
        if not received.mwh and not received.money:
            continue
        held = received - published
        made = table(f"energy and money of {name}: in = out + held back", "", "in", "out", "held back")
        made.add_row("MWh", *(f"{amount.mwh:,.3f}" for amount in (received, published, held)))
        for currency in sorted(received.money):
            label = "no currency" if currency == "?" else visible(currency)
            amounts = (f"{amount.money.get(currency, 0):,.2f}" for amount in (received, published, held))
            made.add_row(Text(label), *amounts)
        print_table(made)


def _say_counts(title: str, datasets: Mapping[str, Mapping[str, int]]) -> None:
    parts = [f"{name} {code} {count:,}" for name, counts in datasets.items() for code, count in sorted(counts.items())]
    if parts:
        say(f"{title}: {', '.join(parts)}")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
