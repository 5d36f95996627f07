"""What a load says it did."""

from dataclasses import dataclass, field

__all__ = ["LoadReport", "TableLoad"]


@dataclass
class TableLoad:
    """A table after a load: its rows, how many of them came with how many files, and how many files left.

    `is_mended` says that it was not what the warehouse's books said, and was loaded anew for that.
    """

    rows: int = 0
    loaded_rows: int = 0
    loaded_files: int = 0
    left_files: int = 0
    is_mended: bool = False


@dataclass
class LoadReport:
    """`number` is that of the last load, this or an earlier one; `token` is empty where this one changed nothing."""

    number: int
    token: str = ""
    tables: dict[str, TableLoad] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def is_changed(self) -> bool:
        """Whether anything came or left."""
        return bool(self.token)

    def to_json(self) -> dict[str, object]:
        """As `lake load --json` prints it."""
        return {
            "load": self.number,
            "changed": self.is_changed,
            "token": self.token,
            "tables": {name: vars(table) for name, table in self.tables.items()},
            "seconds": round(self.seconds, 3),
        }
