"""Who may see what: decided here as plain values, built in `lakeformation_grants.py`.

Lake Formation adds grants up: whoever has two filters on a table sees the rows of both, and a grant without a filter makes
every filter beside it idle ("Data filtering limitations", Lake Formation Developer Guide). Hence the rule of this module:

* engineer, auditor and bi get their columns by **LF-tag**, on all rows;
* the analyst gets **one data cells filter a table and nothing else**: no tag grant, no table grant, no second filter. A table
  that names no region cannot be filtered; the analyst sees it only where the stack lists it as whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = [
    "PERSONAS",
    "PERSONA_SIGHT",
    "SENSITIVITIES",
    "SENSITIVITY_TAG",
    "ZONE_SENSITIVITY",
    "ZONE_TAG",
    "AnalystScope",
    "CellFilter",
    "GovernedColumn",
    "GovernedTable",
    "cell_filters",
    "region_predicate",
]

PERSONAS = ("analyst", "auditor", "bi", "engineer")

SENSITIVITIES = ("public", "internal", "personal")
"""From open to strict; the values of the LF-tag `sensitivity`."""

SENSITIVITY_TAG = "sensitivity"
ZONE_TAG = "zone"

ZONE_SENSITIVITY: Mapping[str, str] = {"curated": "internal", "processed": "personal", "raw": "personal"}
"""What a table inherits from its database until it has a tag of its own.

Crawlers make the tables of raw and processed, which hold personal columns that nobody has tagged yet. In curated every table
is tagged with its contract; what inherits there is a view, and a view is read with the reader's own rights on the tables
beneath it ("Considerations and limitations for Athena views", Athena User Guide).
"""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What a persona sees by LF-tag: tables of these zones, in them the columns of these sensitivities, all rows."""

    zones: tuple[str, ...]
    sensitivities: tuple[str, ...]


PERSONA_SIGHT: Mapping[str, Sight] = {
    "auditor": Sight(zones=("curated",), sensitivities=("internal", "personal", "public")),
    "bi": Sight(zones=("curated",), sensitivities=("internal", "public")),
    "engineer": Sight(zones=("curated", "processed", "raw"), sensitivities=("internal", "personal", "public")),
}
"""Engineers repair rows, so they see them whole. An auditor follows a trade to the person behind it, but only in what was
published. Reports know no persons. The analyst is not here: see the module's docstring."""

_REGION = "region"
_REGION_SUFFIX = "_region"
_FILTER_LIMIT = 2048
"""Characters of a row filter expression ("PartiQL support in row filter expressions")."""
_RESERVED = frozenset("ctid oid xmin cmin xmax cmax tableoid insertxid deletexid importoid redcatuniqueid".split())
"""Column names that a filtered table must not have ("Data filtering limitations")."""


@dataclass(frozen=True, kw_only=True)
class GovernedColumn:
    """A column and who may read it: `public`, `internal` or `personal`."""

    name: str
    sensitivity: str

    def __post_init__(self) -> None:
        """Refuse a sensitivity that no grant knows: its column would be hidden from everybody."""
        if self.sensitivity not in SENSITIVITIES:
            raise ValueError(
                f"column {self.name}: sensitivity is {self.sensitivity!r}, allowed are {', '.join(SENSITIVITIES)}; "
                "the contract decides it"
            )


@dataclass(frozen=True, kw_only=True)
class GovernedTable:
    """A curated table: its columns in the files, and the partition keys that are in the folders."""

    name: str
    columns: tuple[GovernedColumn, ...]
    partition_keys: tuple[GovernedColumn, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what Lake Formation could not hide."""
        names = [column.name for column in (*self.columns, *self.partition_keys)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice or not self.columns:
            raise ValueError(
                f"table {self.name}: columns must be given once each and there must be one, got {', '.join(names) or 'none'}"
            )
        personal = [key.name for key in self.partition_keys if key.sensitivity == "personal"]
        if personal:
            raise ValueError(
                f"table {self.name}: partition key {', '.join(personal)} is personal, but columns that are partition keys "
                "cannot be filtered; partition by another column"
            )
        reserved = sorted(_RESERVED.intersection(names))
        if reserved:
            raise ValueError(
                f"table {self.name}: column {', '.join(reserved)} is a name that Lake Formation cannot filter; rename it"
            )

    @property
    def sensitivity(self) -> str:
        """The tag of the table itself: the strictest below personal, so that personal columns stand out by their own tag.

        Partition keys take it over, since a tag is set on columns of the files only.
        """
        present = {column.sensitivity for column in (*self.columns, *self.partition_keys)}
        open_ones = [sensitivity for sensitivity in SENSITIVITIES if sensitivity in present - {"personal"}]
        return open_ones[-1] if open_ones else "personal"

    @property
    def has_personal(self) -> bool:
        """Whether any column is personal."""
        return any(column.sensitivity == "personal" for column in self.columns)

    @property
    def region_columns(self) -> tuple[str, ...]:
        """The columns that say where a row belongs: `region` itself, or one of a party (`provider_region`)."""
        return tuple(c.name for c in self.columns if c.name == _REGION or c.name.endswith(_REGION_SUFFIX))

    def columns_of(self, sensitivity: str) -> tuple[str, ...]:
        """The names of the columns of that sensitivity, sorted."""
        return tuple(sorted(column.name for column in self.columns if column.sensitivity == sensitivity))


@dataclass(frozen=True, kw_only=True)
class AnalystScope:
    """What the analyst is let into.

    Attributes:
        regions: The regions whose rows the analyst sees, spelled exactly as in the data.
        whole_tables: Tables without a region that the analyst sees nevertheless, such as totals over all regions.
    """

    regions: tuple[str, ...]
    whole_tables: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an empty list and a wildcard: neither says which regions are meant."""
        if not self.regions or any(not region.strip() or region == "*" for region in self.regions):
            raise ValueError(
                f"analyst regions are {list(self.regions)}, expected the names of at least one region, none of them empty "
                "or *; list every region the analyst may see"
            )
        for field in ("regions", "whole_tables"):
            values = getattr(self, field)
            if len(set(values)) != len(values):
                raise ValueError(f"analyst {field} are {list(values)}, expected each once; remove what is double")


@dataclass(frozen=True, kw_only=True)
class CellFilter:
    """One data cells filter.

    Attributes:
        table: The table it belongs to.
        columns: The columns it shows; None for all of them, where there is nothing to hide.
        rows: The row filter expression; None for all rows.
    """

    table: str
    columns: tuple[str, ...] | None
    rows: str | None


def cell_filters(tables: Sequence[GovernedTable], scope: AnalystScope) -> tuple[CellFilter, ...]:
    """The analyst's filters, one a table, in order of name; a table without region that is not listed gets none.

    Columns are listed, not excluded, where a table holds personal ones: a column that is added later stays hidden until it is
    listed. Partition keys are never in the list, since column filters do not apply to them.

    Raises:
        ValueError: A table is listed as whole that has a region, or that does not exist.
    """
    _check_whole_tables(tables, scope)
    chosen = [table for table in tables if table.region_columns or table.name in scope.whole_tables]
    return tuple(_filter_of(table, scope) for table in sorted(chosen, key=lambda table: table.name))


def region_predicate(table: GovernedTable, regions: Sequence[str]) -> str:
    """The rows whose every party is in an allowed region, as a PartiQL predicate.

    * A row with one region (`region`) is seen where that region is allowed; a row whose region is not known is not.
    * A row with parties (`provider_region` and `client_region`) names one or both of them. Every party that it names must be
      in an allowed region: a trade between an allowed provider and a client elsewhere would tell about the client. A
      party counts as not named when its identifier (`provider_id`) is null; a named party of unknown region hides the row.

    Raises:
        ValueError: The expression is longer than Lake Formation takes.
    """
    names = {column.name for column in table.columns}
    allowed = ", ".join(_literal(region) for region in sorted(regions))
    parts: list[str] = []
    identifiers: list[str] = []
    for column in table.region_columns:
        identifier = column.removesuffix(_REGION_SUFFIX) + "_id"
        if column != _REGION and identifier in names:
            identifiers.append(identifier)
            parts.append(f"({identifier} IS NULL OR {column} IN ({allowed}))")
        else:
            parts.append(f"({column} IN ({allowed}))")
    if identifiers and len(identifiers) == len(parts):
        parts.append("(" + " OR ".join(f"{identifier} IS NOT NULL" for identifier in identifiers) + ")")
    predicate = " AND ".join(parts)
    if len(predicate) >= _FILTER_LIMIT:
        raise ValueError(
            f"table {table.name}: the row filter for {len(regions)} regions has {len(predicate)} characters, Lake Formation "
            f"takes fewer than {_FILTER_LIMIT}; allow fewer regions or add a coarser region column"
        )
    return predicate


def _check_whole_tables(tables: Sequence[GovernedTable], scope: AnalystScope) -> None:
    known = {table.name: table for table in tables}
    unknown = sorted(set(scope.whole_tables) - set(known))
    if unknown:
        raise ValueError(
            f"analyst whole_tables names {', '.join(unknown)}, the curated tables are {', '.join(sorted(known))}"
        )
    regional = sorted(name for name in scope.whole_tables if known[name].region_columns)
    if regional:
        raise ValueError(
            f"analyst whole_tables names {', '.join(regional)}, which has a region and is filtered by it; "
            "remove it from the list"
        )


def _filter_of(table: GovernedTable, scope: AnalystScope) -> CellFilter:
    shown = tuple(sorted(c.name for c in table.columns if c.sensitivity != "personal"))
    if not shown:
        raise ValueError(
            f"table {table.name} has personal columns only, so there is nothing for an analyst; leave it out"
        )
    return CellFilter(
        table=table.name,
        columns=shown if table.has_personal else None,
        rows=region_predicate(table, scope.regions) if table.region_columns else None,
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
