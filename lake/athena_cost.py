"""What a question to Athena costs: before, from the footers of the files it will read; after, from what it has scanned.

Which files and columns those are is found by `athena_scans.py`. Athena bills what it scans, rounded up to a megabyte and at
least 10 MB a query, and nothing for what failed, for statements that read no data, or for an answer taken again (Amazon
Athena pricing).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from contracts import CURATED
from jobs.curated_state import CuratedState
from jobs.publish import load_state
from jobs.zones import Zones
from lake.athena_failures import AthenaError
from lake.athena_scans import Scan, scans_of
from lake.footers import column_bytes
from lake.parameters import Value

__all__ = ["Estimate", "check_limit", "estimate_of", "money", "sized"]

PRICE_PER_TERABYTE = Decimal(5)
"""US dollars; most regions' price. A terabyte is taken as 10^12 bytes, which errs on the dear side."""
MEGABYTE = 1_000_000
LEAST_BYTES = 10 * MEGABYTE
_TERABYTE = 10**12


@dataclass(frozen=True)
class Estimate:
    """What a question will scan at most: bytes of the columns it reads, in the files of the partitions it touches.

    `unknown` are tables of which no files are known here; with one, `scanned_bytes` is not the whole.
    """

    scanned_bytes: int
    files: int
    scans: tuple[Scan, ...]
    unknown: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether the files of every table were known."""
        return not self.unknown


def estimate_of(zones: Zones, sql: str, database: str, parameters: Sequence[Value] = ()) -> Estimate:
    """Reads footers and no data. Only the curated tables have known files: those that the ledger names.

    Raises `TrinoError` for a question that cannot be read.
    """
    state = CuratedState.from_json(load_state(zones))
    days = {name: _days(state, name) for name in CURATED}
    scans, unknown = scans_of(sql, database, days, parameters)
    total = files = 0
    for scan in scans:
        partition = CURATED[scan.table].partition
        for path in sorted(state.files.get(scan.table, {})):
            if not partition or _day(path) in scan.days:
                total += column_bytes(zones, path, scan.columns)
                files += 1
    if not any(state.files.values()):
        unknown = tuple(sorted({*unknown, *(scan.table for scan in scans)}))
    return Estimate(total, files, tuple(scans), unknown)


def money(scanned_bytes: int) -> Decimal:
    """US dollars for what one query scanned, to a hundredth of a cent; 0 for nothing scanned."""
    if scanned_bytes <= 0:
        return Decimal(0)
    billed = max(LEAST_BYTES, -(-scanned_bytes // MEGABYTE) * MEGABYTE)
    return (Decimal(billed) * PRICE_PER_TERABYTE / _TERABYTE).quantize(Decimal("0.00001"), ROUND_HALF_EVEN)


def check_limit(estimate: Estimate | None, limit_bytes: int | None, cutoff_bytes: int) -> None:
    """Refuses what may scan more than the limit (None: there is none). Raises `AthenaError`.

    Without a whole estimate the workgroup's own cutoff has to keep within the limit, as Athena stops the query there.
    """
    known = estimate is not None and estimate.is_complete
    if estimate is not None and limit_bytes is not None and estimate.scanned_bytes > limit_bytes:
        raise _too_much(estimate.scanned_bytes, f"the limit is {sized(limit_bytes)}")
    if known and estimate is not None and cutoff_bytes and estimate.scanned_bytes > cutoff_bytes:
        raise _too_much(estimate.scanned_bytes, f"the workgroup stops a query at {sized(cutoff_bytes)}")
    if limit_bytes is not None and not known and not 0 < cutoff_bytes <= limit_bytes:
        raise AthenaError(
            f"what the question will scan is not known here, and the workgroup lets it scan more than {sized(limit_bytes)}",
            category="here",
            advice="choose the lake whose files Athena reads (--lake), or ask without --max-scan",
        )


def sized(count: int) -> str:
    """Bytes for people: 12 B, 3.4 kB, 1.2 GB; thousands, as Athena bills."""
    amount, unit = Decimal(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":  # noqa: PLR2004 - thousands
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def _too_much(count: int, bound: str) -> AthenaError:
    return AthenaError(
        f"the question would scan about {sized(count)} (${money(count)}), {bound}; nothing was asked",
        category="here",
        advice="name fewer columns or fewer dates, or allow more with --max-scan",
    )


def _days(state: CuratedState, table: str) -> tuple[str, ...]:
    return tuple(sorted({_day(path) for path in state.files.get(table, {})}))


def _day(path: str) -> str:
    """The partition's value in `transactions/date=2024-05-02/x.parquet`; empty for a table in one piece."""
    parts: Mapping[str, str] = dict(part.split("=", 1) for part in path.split("/") if "=" in part)
    return next(iter(parts.values()), "")
