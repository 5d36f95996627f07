"""How the life of a trade is told, on a terminal and as JSON. `explain.py` finds it."""

from collections.abc import Mapping
from typing import Any

from contracts import CURATED, DELIVERED
from lake import console
from lake.explain import Appearance, Counted, Life
from lake.result import as_text

__all__ = ["life_json", "show_life"]

_READ = tuple(
    name
    for name in DELIVERED["transactions"].column_names
    if name not in {"transaction_id", "source", "source_file", "source_row", "ingest_date"}
)
_SILENT = {"transactions_history", "restatements"}
"""Tables that the appearances tell already."""


def show_life(life: Life) -> None:
    """Each delivered row with what became of it, the restatements, then where the trade counts."""
    if not life.appearances:
        console.say(f"No delivered row names {life.transaction_id!r}; identifiers are as the lake spells them.")
        return
    if life.is_due:
        console.say("Deliveries wait for `lake run`; what follows is what the lake made of those before.", "yellow")
    for number, appearance in enumerate(life.appearances, 1):
        _show_appearance(number, appearance)
    changes = [counted.row for counted in life.counted if counted.table == "restatements"]
    for row in sorted(changes, key=lambda row: (row["restated_on"], row["source_file"])):
        money = "" if row["difference_amount"] is None else f", {row['difference_amount']:+} {_currency(row)}"
        moved = f" from {row['date']} to {row['new_date']}" if row["date"] != row["new_date"] else ""
        console.say(
            f"{row['kind']} on {row['restated_on']}{moved}: {row['difference_mwh']:+} MWh{money}, by {row['source_file']}"
        )
    _show_counted([counted for counted in life.counted if counted.table not in _SILENT])


def life_json(life: Life) -> dict[str, Any]:
    """As `lake explain --json` prints it: numbers and dates as text, null where there is no value."""
    return {
        "transaction_id": life.transaction_id,
        "is_due": life.is_due,
        "appearances": [
            {
                "ingest_date": str(item.ingest_date),
                "source_file": item.source_file,
                "source_row": item.source_row,
                "became": item.became,
                "repeated_in": list(item.repeated_in),
                "values": _texts(item.values),
            }
            for item in life.appearances
        ],
        "counted": [
            {"table": item.table, "path": f"curated/{item.path}", "row": _texts(item.row)} for item in life.counted
        ],
    }


def _show_appearance(number: int, appearance: Appearance) -> None:
    console.say(
        f"{number}. delivered {appearance.ingest_date}, raw/{appearance.source_file}, row {appearance.source_row}",
        "bold",
    )
    for file in appearance.repeated_in:
        console.say(f"   delivered again, byte for byte, as raw/{file}, which adds nothing", "dim")
    names = [name for name in _READ if name in appearance.values] or list(appearance.values)
    said = ", ".join(
        f"{name} {_text(appearance.values[name])}" for name in names if appearance.values[name] is not None
    )
    console.say(f"   {said}")
    console.say(f"   → {appearance.became}", "red" if appearance.became.startswith("rejected") else "green")


def _show_counted(counted: list[Counted]) -> None:
    if not counted:
        console.say("It counts in no curated table now.")
        return
    table = console.table("counts in", "table", "row", "", text=(0,), prose=(1, 2))
    for item in counted:
        key = [name for name in CURATED[item.table].key if name != "transaction_id"]
        sums = [
            name for name in item.row if name.endswith(("_mwh", "_amount", "amount")) and item.row[name] is not None
        ]
        table.add_row(
            item.table,
            ", ".join(f"{name} {_text(item.row[name])}" for name in key or ["date"]),
            ", ".join(f"{name} {_text(item.row[name])}" for name in sums[:3]),
        )
    console.print_table(table)


def _currency(row: Mapping[str, Any]) -> str:
    return str(row["new_currency"] or row["old_currency"] or "")


def _text(value: object) -> str:
    return console.visible(as_text(value))


def _texts(values: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: None if value is None else as_text(value) for name, value in values.items()}
