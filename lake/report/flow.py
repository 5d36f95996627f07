"""The report's flow: every delivered row from the raw zone to where it is now, by the lake's books."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from lake.account import Account, DatasetAccount
from lake.report.figures import figure
from lake.report.parts import Chart, Figure, Insights, Plot, Section, Table, Value
from lake.report.reader import Reader
from lake.report.words import counted, listed, percent

__all__ = ["Warehouse", "section", "warehouse_of"]

_FATES = "SELECT fate, count(*) AS versions FROM curated_transactions_history GROUP BY fate"
_TAKEN_BACK = ("cancelled", "cancellation")
_TRADES = "transactions"

_PLACE_COLUMNS = {
    "dataset": "dataset",
    "files": "files",
    "delivered": "delivered",
    "valid": "valid",
    "quarantined": "in quarantine",
    "repeated": "repeated",
    "current": "current",
    "replaced": "replaced",
    "taken_back": "taken back",
    "loaded": "in the warehouse",
}


@dataclass(frozen=True)
class Warehouse:
    """What the warehouse's file holds: rows by table. `why_not` says why they cannot be told; without a file there is no value."""

    rows: Mapping[str, int]
    why_not: str = ""


def warehouse_of(file: Path) -> Warehouse | None:
    """Counts the rows of the warehouse's file; null where there is none."""
    import duckdb

    if not file.is_file():
        return None
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            found = connection.execute(
                "SELECT table_name, sum(row_count) FROM analytics.loaded_files GROUP BY 1"
            ).fetchall()
    except duckdb.Error as error:
        return Warehouse({}, f"The warehouse cannot be read now ({str(error).splitlines()[0]}).")
    return Warehouse({name: int(rows) for name, rows in found})


def section(reader: Reader, account: Account, warehouse: Warehouse | None) -> Section:
    """Where every row is, and whether the books balance."""
    fates = {row["fate"]: row["versions"] for row in reader.rows(_FATES)}
    blocks: list[Chart | Insights] = [Insights(_sentences(account, warehouse)), _rows(account, fates, warehouse)]
    if any(books.received.mwh or books.received.money for books in account.datasets.values()):
        blocks.append(_amounts(account))
    lead = "Every row that was ever delivered is in one of these places. A run that does not balance publishes nothing."
    return Section("rows", "Every row accounted for", lead, blocks)


def _sentences(account: Account, warehouse: Warehouse | None) -> list[str]:
    received = sum(books.received.rows for books in account.datasets.values())
    valid = sum(books.valid.rows for books in account.datasets.values())
    files = sum(books.files for books in account.datasets.values())
    said = [f"{counted(received, 'row')} came in {counted(files, 'file')}; {percent(valid, received)} are valid."]
    said.append(
        "The books balance: rows, MWh and money in are rows, MWh and money out."
        if account.balances
        else f"The books do not balance: {'; '.join(account.faults)}."
    )
    if account.refused:
        said.append(f"{counted(len(account.refused), 'file')} could not be taken in at all; `lake status` says why.")
    if account.due:
        said.append(f"Due: {counted(len(account.due), 'file')}; `lake run` takes them in, or says why not.")
    elif account.is_curated_due:
        said.append("The curated tables are due; `lake run` brings them up to date.")
    if warehouse is None:
        said.append("There is no warehouse file; `lake load` makes one.")
    elif warehouse.why_not:
        said.append(warehouse.why_not)
    else:
        behind = [name for name in account.datasets if warehouse.rows.get(name, 0) != account.curated_rows.get(name, 0)]
        said.append(
            f"The warehouse is behind in {listed(behind)}; `lake load` brings it up to date."
            if behind
            else "The warehouse holds every current row."
        )
    return said


@dataclass(frozen=True)
class _Places:
    """Where a dataset's rows are. Null is not known: before processed-to-curated ran, or without a warehouse."""

    dataset: str
    files: int
    delivered: int
    valid: int
    quarantined: int
    repeated: int
    current: int | None
    replaced: int | None
    taken_back: int | None
    loaded: int | None

    def links(self) -> list[tuple[str, str, int]]:
        """The same as flows from place to place."""
        waiting = self.valid if self.current is None else 0
        missing = (self.current or 0) - self.loaded if self.loaded is not None else 0
        return [
            ("delivered", "valid", self.valid),
            ("delivered", "quarantine", self.quarantined),
            ("delivered", "repeated", self.repeated),
            ("valid", "waiting", waiting),
            ("valid", "current", self.current or 0),
            ("valid", "replaced", self.replaced or 0),
            ("valid", "taken back", self.taken_back or 0),
            ("current", "loaded", self.loaded or 0),
            ("current", "not loaded", missing),
        ]


def _places(name: str, books: DatasetAccount, account: Account, taken_back: int, loaded: int | None) -> _Places:
    is_known = not account.is_curated_due
    return _Places(
        dataset=name,
        files=books.files,
        delivered=books.received.rows,
        valid=books.valid.rows,
        quarantined=books.rejected.rows,
        repeated=books.duplicates.rows,
        current=books.current_rows if is_known else None,
        replaced=books.superseded_rows - taken_back if is_known else None,
        taken_back=taken_back if is_known else None,
        loaded=loaded,
    )


def _rows(account: Account, fates: Mapping[str, int], warehouse: Warehouse | None) -> Chart:
    places = []
    for name, books in account.datasets.items():
        taken_back = sum(fates.get(fate, 0) for fate in _TAKEN_BACK) if name == _TRADES else 0
        places.append(_places(name, books, account, taken_back, _loaded(name, books, warehouse)))
    links = [link for place in places for link in place.links()]
    return Chart(
        title="From the raw zone to the warehouse",
        unit="rows",
        plots=[Plot("", _sankey(links), 360)],
        note="Delivered = valid + quarantine + repeated (in one file); valid = current + replaced (by a newer version) + taken "
        "back (by a cancellation, which is a row too).",
        table=Table.of(map(vars, places), _PLACE_COLUMNS),
    )


def _loaded(name: str, books: DatasetAccount, warehouse: Warehouse | None) -> int | None:
    if warehouse is None or warehouse.why_not:
        return None
    return min(warehouse.rows.get(name, 0), books.current_rows)


_COLOURS = {"valid": "good", "current": "good", "loaded": "good", "quarantine": "bad"}


def _sankey(links: list[tuple[str, str, int]]) -> Figure:
    flows: dict[tuple[str, str], int] = {}
    for start, end, rows in links:
        if rows:
            flows[start, end] = flows.get((start, end), 0) + rows
    nodes = list(dict.fromkeys(node for flow in flows for node in flow))
    through = {
        node: max(
            sum(n for (a, _), n in flows.items() if a == node), sum(n for (_, b), n in flows.items() if b == node)
        )
        for node in nodes
    }
    colours = [f"var(--{_COLOURS.get(node, 'reference')})" for node in nodes]
    trace = {
        "type": "sankey",
        "arrangement": "snap",
        "node": {
            "label": [f"{node}<br>{through[node]:,}" for node in nodes],
            "color": colours,
            "line": {"width": 0},
            "align": "left",
            "pad": 36,
            "thickness": 14,
            "hovertemplate": "%{label} rows<extra></extra>",
        },
        "link": {
            "source": [nodes.index(start) for start, _ in flows],
            "target": [nodes.index(end) for _, end in flows],
            "value": list(flows.values()),
            "color": [f"var(--flow-{_COLOURS.get(end, 'reference')})" for _, end in flows],
            "hovertemplate": "%{value:,.0f} rows<extra></extra>",
        },
        "textfont": {"size": 12, "color": "var(--ink)"},
    }
    return figure([trace], hovermode="closest", paper_bgcolor="var(--card)", margin={"l": 4, "r": 4, "t": 12, "b": 12})


def _amounts(account: Account) -> Chart:
    rows: list[tuple[Value, ...]] = []
    for name, books in account.datasets.items():
        if not (books.received.mwh or books.received.money):
            continue
        held = books.received - books.valid
        rows.append((name, "MWh", books.received.mwh, books.valid.mwh, held.mwh))
        for currency in sorted(books.received.money):
            amounts = (part.money.get(currency, Decimal(0)) for part in (books.received, books.valid, held))
            rows.append((name, "no currency" if currency == "?" else currency, *amounts))
    return Chart(
        title="Energy and money: in = out + held back",
        unit="",
        plots=[],
        note="Held back is what lies in quarantine or was repeated in its file, as far as its numbers could be read.",
        table=Table(("dataset", "of", "in", "out", "held back"), rows),
    )
