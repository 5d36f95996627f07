"""What a contract is made of: types, columns, checks, rules, datasets.

Plain frozen values without behaviour beyond look-ups, so that every other room can read them. The datasets
themselves are in `providers.py`, `clients.py`, `transactions.py` (delivered) and `curated.py` (derived); the list of
all of them is `contracts/__init__.py`.
"""

from dataclasses import dataclass, field
from enum import StrEnum

__all__ = [
    "AnyGiven",
    "AtLeast",
    "Check",
    "Column",
    "ColumnType",
    "ContractError",
    "Dataset",
    "Fits",
    "GivenWith",
    "Kind",
    "MatchesProduct",
    "OneOf",
    "Parses",
    "Precise",
    "Present",
    "Role",
    "Rule",
    "Sensitivity",
    "Severity",
    "TimeExists",
    "TimeUnique",
    "ValidIdentifier",
    "WholeLine",
]

_MOST_DIGITS = 38


class ContractError(ValueError):
    """A contract contradicts itself: the author's mistake, never the data's."""


class Sensitivity(StrEnum):
    """Who may read a column. Becomes the Lake Formation tag `sensitivity`."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"


class Severity(StrEnum):
    """What a broken rule does to the row: quarantine it, count it, or nothing."""

    REJECT = "reject"
    WARN = "warn"
    OFF = "off"


class Kind(StrEnum):
    """Where a dataset comes from."""

    DELIVERED = "delivered"
    """Exported by a source system as CSV; has rules, is validated, exists in raw, processed and curated."""
    CURATED = "curated"
    """Computed by processed-to-curated; exists in curated and, loaded from there, in the warehouse."""


class Role(StrEnum):
    """What a column is for, where that matters to a reader of the table."""

    KEY = "key"
    PARTITION = "partition"
    LINEAGE = "lineage"
    ATTRIBUTE = "attribute"


@dataclass(frozen=True)
class ColumnType:
    """A logical type: `text`, `decimal`, `date`, `instant` (UTC, microseconds), `integer` (64 bits), `boolean`, `texts`.

    `precision` and `scale` count decimal digits and belong to `decimal` alone; Redshift, Glue and Parquet all stop at 38.
    """

    name: str
    precision: int = 0
    scale: int = 0

    @classmethod
    def text(cls) -> "ColumnType":
        """Unicode text."""
        return cls("text")

    @classmethod
    def decimal(cls, precision: int, scale: int) -> "ColumnType":
        """An exact number with `scale` digits after the point. Raises `ContractError` outside 1..38 digits."""
        if not 0 <= scale <= precision <= _MOST_DIGITS or precision < 1:
            message = f"decimal({precision},{scale}) is not a type: allowed is 0 <= scale <= precision <= 38"
            raise ContractError(message)
        return cls("decimal", precision, scale)

    @classmethod
    def date(cls) -> "ColumnType":
        """A calendar day without a zone of its own."""
        return cls("date")

    @classmethod
    def instant(cls) -> "ColumnType":
        """A point in time, UTC, to the microsecond."""
        return cls("instant")

    @classmethod
    def integer(cls) -> "ColumnType":
        """A signed 64-bit whole number."""
        return cls("integer")

    @classmethod
    def boolean(cls) -> "ColumnType":
        """True or false."""
        return cls("boolean")

    @classmethod
    def texts(cls) -> "ColumnType":
        """A list of texts, such as reason codes."""
        return cls("texts")

    def __str__(self) -> str:
        """The type as the data dictionary prints it."""
        return f"decimal({self.precision},{self.scale})" if self.name == "decimal" else self.name


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: what it holds, in which unit, and who may see it.

    `nullable` says whether null is a legal value in processed and curated data; what null means is part of
    `description`. `unit` is a physical or monetary unit (`MWh`, `MW`, `currency/MWh`, `currency`), or empty.
    """

    name: str
    type: ColumnType
    description: str
    nullable: bool = False
    unit: str = ""
    role: Role = Role.ATTRIBUTE
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    allowed: tuple[str, ...] = ()
    """The only values the column may hold; empty means any."""


@dataclass(frozen=True)
class Present:
    """The column holds a value. A value that was delivered but could not be read is another rule's business."""

    column: str


@dataclass(frozen=True)
class Parses:
    """What was delivered for the column can be read as its type."""

    column: str


@dataclass(frozen=True)
class Fits:
    """The value that the lake computes from other columns, all of which are there, fits the column's type."""

    column: str
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Precise:
    """The number was delivered with no more decimals than exact arithmetic keeps."""

    column: str


@dataclass(frozen=True)
class OneOf:
    """The value, spelled in any way the source declares, is one of the column's `allowed` values."""

    column: str


@dataclass(frozen=True)
class AtLeast:
    """The number is not below `bound` (or, with `strict`, above it). Null passes."""

    column: str
    bound: int
    strict: bool = False


@dataclass(frozen=True)
class TimeExists:
    """The local time exists: it is not inside the hour that the clock change skips."""

    column: str


@dataclass(frozen=True)
class TimeUnique:
    """The local time means one instant: it is not in a repeated hour that the source has no rule for."""

    column: str


@dataclass(frozen=True)
class AnyGiven:
    """At least one of the columns holds a value."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class GivenWith:
    """Where `other` holds a value, the column does too: a number whose unit is not known says nothing."""

    column: str
    other: str


@dataclass(frozen=True)
class ValidIdentifier:
    """The identifier has the form and the check characters of its scheme (`EIC`, `LEI`, `NIT`, ...).

    `scheme` names it, or is empty where `scheme_column` holds the name row by row. Null passes, and so does a scheme without
    a check. That the identifier exists is not checked: no register is asked.
    """

    column: str
    scheme: str = ""
    scheme_column: str = ""


@dataclass(frozen=True)
class MatchesProduct:
    """The total that was delivered is `quantity` × `price` within one minor unit of money. No total passes."""

    column: str
    quantity: str
    price: str


@dataclass(frozen=True)
class WholeLine:
    """The line could be read as a record at all; `fault` names what was wrong with it (see `contracts.lines`)."""

    fault: str


Check = (
    Present
    | Parses
    | Fits
    | Precise
    | OneOf
    | AtLeast
    | TimeExists
    | TimeUnique
    | AnyGiven
    | GivenWith
    | ValidIdentifier
    | MatchesProduct
    | WholeLine
)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing that must hold for every row of a delivered dataset.

    `code` is what quarantine, ledger and reports show; `sentence` says what is wrong and what was allowed; a source
    may give another `severity` in its TOML file.
    """

    code: str
    check: Check
    sentence: str
    severity: Severity = Severity.REJECT


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A table of the lake: its grain, columns in order, and the rules its rows must keep.

    The order of `columns` is the order in Parquet files, in the Glue table and in Redshift's COPY. `key` identifies a
    row; of several rows with one key the newest delivery counts. `partition` is the column that folders are cut by, or
    empty for a table in one piece. Raises `ContractError` where names do not fit together.
    """

    name: str
    kind: Kind
    grain: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition: str = ""
    rules: tuple[Rule, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse a contract that names a column or a code twice, or one that does not exist."""
        names = [column.name for column in self.columns]
        codes = [rule.code for rule in self.rules]
        for what, values in (("column", names), ("rule code", codes)):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                message = f"{self.name}: {what} {', '.join(twice)} is declared more than once; keep one of them"
                raise ContractError(message)
        wanted = {*self.key, *([self.partition] if self.partition else [])}
        strangers = sorted(wanted - set(names))
        if strangers:
            message = (
                f"{self.name}: key or partition names {', '.join(strangers)}, but the columns are {', '.join(names)}"
            )
            raise ContractError(message)

    def column(self, name: str) -> Column:
        """The column of that name. Raises `ContractError` naming the columns there are."""
        for column in self.columns:
            if column.name == name:
                return column
        message = f"{self.name} has no column {name!r}; it has {', '.join(c.name for c in self.columns)}"
        raise ContractError(message)

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names in contract order."""
        return tuple(column.name for column in self.columns)

    def rule(self, code: str) -> Rule:
        """The rule with that reason code. Raises `ContractError` naming the codes there are."""
        for rule in self.rules:
            if rule.code == code:
                return rule
        message = f"{self.name} has no rule {code!r}; it has {', '.join(r.code for r in self.rules)}"
        raise ContractError(message)
