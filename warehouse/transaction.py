"""The SQL of a load after its files are staged: what goes, what comes, the books, and the checks that may undo it all.

The same statements run in the embedded warehouse and in Redshift, where they are one batch of the Data API and so one
transaction. Data never become SQL: they are in the staged tables, and what is compared is compared there. The only literals
are names of the contracts and the load's own number, token and time.

A table costs one statement, since a batch takes 40: MERGE both removes and inserts. Beside the rows that come, the staged
table has a row for every key that is in the changed partitions now, in columns of its own (`leaving_…`). These match and
are deleted; in the rows that come they are null, which matches nothing, so those are inserted. A trade that was cancelled or
moved to another date thereby leaves without being named by anybody.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.model import Dataset
from warehouse.books import LOAD_STATE, LOADED_FILES, LOADED_SUMS, SUM_TYPE
from warehouse.measures import ROWS, currency_of, summed
from warehouse.plan import Plan, TableChange
from warehouse.sql import identifier, names, qualified

__all__ = ["Step", "leaving", "leaving_columns", "load_steps", "staged_name"]

_GONE = "content = ''"
"""How the staged books mark a file that left: a content is never empty."""


@dataclass(frozen=True)
class Step:
    """A statement, and what it does in words."""

    label: str
    sql: str


def staged_name(table: str) -> str:
    """The temporary table that the table's new rows are staged in, quoted."""
    return identifier(f"stage_{table}")


def leaving_columns(dataset: Dataset) -> dict[str, str]:
    """The columns of the staged table that hold the keys of rows that leave, by the key's own column; unquoted."""
    return {name: f"leaving_{name}" for name in dataset.key}


def leaving(dataset: Dataset, change: TableChange, quote: Callable[[str], str]) -> Step:
    """The statement that stages the keys which are in the changed partitions now, each once.

    `stage_loaded_files` has to be there: it names the partitions.
    """
    days = f"SELECT partition_date FROM {staged_name(LOADED_FILES.name)} WHERE table_name = {quote(change.table)}"  # noqa: S608 - quoted
    where = "" if change.is_whole else f" WHERE {identifier(dataset.partition)} IN ({days})"
    columns = names(tuple(leaving_columns(dataset).values()))
    sql = (
        f"INSERT INTO {staged_name(change.table)} ({columns}) "  # noqa: S608 - quoted
        f"SELECT DISTINCT {names(dataset.key)} FROM {qualified(change.table)}{where}"
    )
    return Step(f"{change.table}: find what leaves", sql)


def load_steps(
    datasets: Mapping[str, Dataset], plan: Plan, when: datetime, quote: Callable[[str], str]
) -> tuple[Step, ...]:
    """The statements that turn the staged rows into the warehouse, in order. `quote` writes a literal of the database.

    The last one fails, with what is wrong as its error, where a table is not what its files add up to, where a key is there
    twice, or where another load came in between.
    """
    merges = [Step(f"{change.table}: merge", _merge(datasets[change.table])) for change in plan.changes]
    return (*merges, *_books(plan, when, quote), Step("check", _check(datasets, plan, quote)))


def _merge(dataset: Dataset) -> str:
    """Redshift's MERGE knows an alias for its source only, and matches by equality."""
    table = identifier(dataset.name)
    same = " AND ".join(
        f"{table}.{identifier(key)} = s.{identifier(old)}" for key, old in leaving_columns(dataset).items()
    )
    values = ", ".join(f"s.{identifier(name)}" for name in dataset.column_names)
    return (
        f"MERGE INTO {qualified(dataset.name)} USING {staged_name(dataset.name)} AS s ON {same} "  # noqa: S608 - quoted
        f"WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT ({names(dataset.column_names)}) VALUES ({values})"
    )


def _insertion(book: Dataset, where: str) -> str:
    columns = names(book.column_names)
    return f"INSERT INTO {qualified(book.name)} ({columns}) SELECT {columns} FROM {staged_name(book.name)}{where}"  # noqa: S608 - quoted


def _books(plan: Plan, when: datetime, quote: Callable[[str], str]) -> list[Step]:
    staged = f"(SELECT path FROM {staged_name(LOADED_FILES.name)})"  # noqa: S608 - quoted
    steps = []
    for book, where in ((LOADED_FILES, f" WHERE NOT {_GONE}"), (LOADED_SUMS, "")):
        removal = f"DELETE FROM {qualified(book.name)} WHERE path IN {staged}"  # noqa: S608 - quoted
        steps += [Step(f"{book.name}: forget", removal), Step(f"{book.name}: note", _insertion(book, where))]
    state = (
        f"UPDATE {qualified(LOAD_STATE.name)} SET load_number = {plan.number}, token = {quote(plan.token)}, "  # noqa: S608 - quoted
        f"loaded_at = TIMESTAMP '{when:%Y-%m-%d %H:%M:%S}' WHERE load_number = {plan.number - 1}"
    )
    return [*steps, Step(f"{LOAD_STATE.name}: number {plan.number}", state)]


def _check(datasets: Mapping[str, Dataset], plan: Plan, quote: Callable[[str], str]) -> str:
    """Complaints as rows, and a number made of each: a complaint is no number, so the first one ends the transaction.

    Nothing in a complaint is constant, so no planner can work it out before it has looked.
    """
    complaints = [_raced(plan, quote), _sums_differ(datasets, plan, quote)]
    complaints += [_twice(datasets[change.table], change, quote) for change in plan.changes if change.files]
    return (
        "SELECT COUNT(CASE WHEN complaint <> '' THEN CAST(complaint AS INTEGER) END) FROM (\n"  # noqa: S608 - quoted
        + "\nUNION ALL\n".join(complaints)
        + "\n) AS complaints"
    )


def _raced(plan: Plan, quote: Callable[[str], str]) -> str:
    return (
        "SELECT 'another load was faster, it made ' || CAST(COUNT(*) AS VARCHAR) || ' of one row' AS complaint "  # noqa: S608 - quoted
        f"FROM {qualified(LOAD_STATE.name)} WHERE load_number = {plan.number} AND token = {quote(plan.token)} "
        "HAVING COUNT(*) <> 1"
    )


def _sums_differ(datasets: Mapping[str, Dataset], plan: Plan, quote: Callable[[str], str]) -> str:
    """Every partition of every changed table, also those that were not touched: counts, and sums of each currency."""
    tables = ", ".join(quote(change.table) for change in plan.changes)
    number = f"DECIMAL({SUM_TYPE.precision},{SUM_TYPE.scale})"
    told = (
        f"SELECT s.table_name, f.partition_date, s.currency, s.measure, s.amount AS told, CAST(0 AS {number}) AS held "  # noqa: S608 - quoted
        f"FROM {qualified(LOADED_SUMS.name)} AS s JOIN {qualified(LOADED_FILES.name)} AS f ON f.path = s.path "
        f"WHERE s.table_name IN ({tables})"
    )
    held = [part for change in plan.changes for part in _held(datasets[change.table], number, quote)]
    lines = "\nUNION ALL\n".join([told, *held])
    return (
        "SELECT table_name || ' ' || COALESCE(CAST(partition_date AS VARCHAR), '') || ' ' || measure || ' ' || currency "  # noqa: S608 - quoted
        "|| ': the warehouse holds ' || CAST(SUM(held) AS VARCHAR) || ', the lake ' || CAST(SUM(told) AS VARCHAR) "
        f"AS complaint FROM (\n{lines}\n) AS both_sides GROUP BY table_name, partition_date, currency, measure "
        "HAVING SUM(held) <> SUM(told)"
    )


def _held(dataset: Dataset, number: str, quote: Callable[[str], str]) -> Iterable[str]:
    day = identifier(dataset.partition) if dataset.partition else "CAST(NULL AS DATE)"
    totals = {ROWS: "COUNT(*)", **{name: f"COALESCE(SUM({identifier(name)}), 0)" for name in summed(dataset)}}
    for measured, total in totals.items():
        yield (
            f"SELECT {quote(dataset.name)}, {day}, {currency_of(dataset)}, {quote(measured)}, CAST(0 AS {number}), "  # noqa: S608 - quoted
            f"CAST({total} AS {number}) FROM {qualified(dataset.name)} GROUP BY 2, 3"
        )


def _twice(dataset: Dataset, change: TableChange, quote: Callable[[str], str]) -> str:
    """Keys that are there more than once: neither DuckDB nor Redshift is told to keep them apart."""
    same = " AND ".join(f"s.{identifier(name)} = t.{identifier(name)}" for name in dataset.key)
    staged = f" WHERE EXISTS (SELECT 1 FROM {staged_name(change.table)} AS s WHERE {same})"  # noqa: S608 - quoted
    keys = ", ".join(f"t.{identifier(name)}" for name in dataset.key)
    return (
        f"SELECT {quote(dataset.name)} || ' holds ' || CAST(COUNT(*) AS VARCHAR) || ' keys more than once' AS complaint "  # noqa: S608 - quoted
        f"FROM (SELECT COUNT(*) AS times FROM {qualified(dataset.name)} AS t{staged} GROUP BY {keys} "
        "HAVING COUNT(*) > 1) AS repeated HAVING COUNT(*) > 0"
    )
