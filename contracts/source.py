"""How one exporter writes: the values that a file in `sources/` declares.

Read and checked by `contracts/source_reader.py`; applied by `transforms/normalise.py` (fields) and `jobs/intake.py`
(bytes). `sources/README.md` explains every key to whoever writes a new file.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from contracts.model import Severity

__all__ = [
    "ENERGY_UNITS_IN_MWH",
    "PRICE_UNITS_PER_MWH",
    "DatasetMapping",
    "FieldMapping",
    "FileFormat",
    "Marks",
    "RepeatedHour",
    "Source",
    "SourceError",
]

_THERM_IN_MWH = Fraction(293071, 10_000_000)
"""The therm of European gas hubs: 29.3071 kWh, as ICE's contract of UK natural gas at NBP says (ice.com/products/910).

It is the British therm of 105.505585257348 MJ, rounded as the market bills it. The therm of the United States, 105.4804 MJ
or 29.3001 kWh, is another unit.
"""

_GIGAJOULE_IN_MWH = Fraction(10, 36)
"""Exact: 1 MWh = 3.6 GJ by definition of the watt."""

ENERGY_UNITS_IN_MWH = {
    "kWh": Fraction(1, 1000),
    "MWh": Fraction(1),
    "GWh": Fraction(1000),
    "therm": _THERM_IN_MWH,
    "GJ": _GIGAJOULE_IN_MWH,
}
"""Energy units that a source may deliver. `MW` is one more: power, held over the period that the stamp declares."""

PRICE_UNITS_PER_MWH = {unit: 1 / in_mwh for unit, in_mwh in ENERGY_UNITS_IN_MWH.items()}
"""What a price is per; the value is the factor that makes it a price per MWh, such as 3.6 for a price per GJ.

Pence per therm are GBP × 100, which no unit here says: a source that quotes pence has to deliver pounds.
"""


class SourceError(ValueError):
    """A source file contradicts itself or the contracts: names the key, the value, what is allowed."""


class Marks(StrEnum):
    """Which end of its delivery period a stamp marks."""

    START = "start"
    END = "end"
    LAST_DAY = "last_day"
    """A date without time that names the last day of the period, as yearly statistics do."""


class RepeatedHour(StrEnum):
    """What a local time means that occurs twice because the clock is put back."""

    EARLIEST = "earliest"
    LATEST = "latest"
    REJECT = "reject"


@dataclass(frozen=True, kw_only=True)
class FileFormat:
    """How the bytes of a file become records and fields.

    `nulls` are the spellings of "no value", compared after blanks around are stripped and in any case.
    """

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    preamble_lines: int = 0
    decimal_mark: str = "."
    thousands_mark: str = ""
    nulls: tuple[str, ...] = ("",)


@dataclass(frozen=True, kw_only=True)
class FieldMapping:
    """Where a canonical column comes from and how it is written there.

    `columns` are the delivered columns; several are joined with `join`, and the value is null where one of them is.
    Without columns the value is `constant` for every row, or null. `when` is a regular expression: the value counts only
    where it matches. `spellings` maps each way of writing (lower case) to the canonical value. `when_missing` replaces null.
    """

    columns: tuple[str, ...] = ()
    join: str = "/"
    constant: str = ""
    optional: bool = False
    when: str = ""
    upper: bool = False
    spellings: dict[str, str] = field(default_factory=dict)
    when_missing: str = ""
    formats: tuple[str, ...] = ()
    marks: Marks = Marks.START
    period: str = ""
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class DatasetMapping:
    """How one dataset is delivered by a source.

    `fields` has an entry for every canonical column that the source delivers. `ignored_columns` may stand in the file and
    are not read. `severities` replaces the contract's severity of single rules. Of a file with a larger share of
    rejected rows than `reject_limit` nothing is published; null means the run's own limit.
    """

    dataset: str
    fields: dict[str, FieldMapping]
    ignored_columns: tuple[str, ...] = ()
    severities: dict[str, Severity] = field(default_factory=dict)
    reject_limit: float | None = None

    @property
    def wanted_columns(self) -> tuple[str, ...]:
        """The delivered columns that a file must have, in the order of the mapping."""
        return tuple(dict.fromkeys(c for f in self.fields.values() if not f.optional for c in f.columns))

    @property
    def known_columns(self) -> tuple[str, ...]:
        """The delivered columns that a file may have: wanted, optional and ignored ones."""
        named = [c for f in self.fields.values() for c in f.columns]
        return tuple(dict.fromkeys([*named, *self.ignored_columns]))


@dataclass(frozen=True, kw_only=True)
class Source:
    """One exporter: its file format, its clock, and how it delivers each dataset.

    `zone` is the IANA name of the market's time zone, in which naive stamps are read and market days are cut.
    """

    name: str
    description: str
    file: FileFormat
    zone: str
    repeated_hour: RepeatedHour
    datasets: dict[str, DatasetMapping]

    def dataset(self, name: str) -> DatasetMapping:
        """How the source delivers a dataset. Raises `SourceError` naming those it does deliver."""
        if name not in self.datasets:
            message = f"source {self.name!r} does not deliver {name!r}; it delivers {', '.join(self.datasets)}"
            raise SourceError(message)
        return self.datasets[name]
