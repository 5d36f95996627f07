"""The rules' step alone: the contract's rules by this project's bit mask, by dataframely and by pandera, on one typed frame.

    python benchmarks/rules_step.py prepare CSV_FILE FRAME
    python benchmarks/rules_step.py ours|dataframely|pandera FRAME REJECTED

The frame has a row for each record with what was delivered beside its typed value, as the product has it when it asks its
rules. Each way counts the rows that keep all rules and writes the others' numbers with all their reasons. What cannot be
said in either library, and is done before: a typed value and the text it came from (both check one frame, after parsing), the
line and file of a row, versions of a key over several files, rules that only count (`warn`), severities by source.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
from measure import measured
from the_job import RAW_COLUMNS, RULES
from trades import write_trades

from contracts import DELIVERED
from contracts.model import Severity
from jobs.source_files import load_sources
from transforms import lines, numbers, rules, times
from transforms.normalise import OVERFLOW, normalise
from transforms.text import RAW

__all__ = ["WAYS", "rules_rounds"]

_CONTRACT = DELIVERED["transactions"]
_TEXT = rules.TEXT


def rules_rounds(folder: Path, rows: int, rounds: int) -> dict[str, Any]:
    """Measures the three ways in turn. Raises `RuntimeError` where two of them reject different rows or for other reasons."""
    folder.mkdir(parents=True)
    here, frame = [sys.executable, __file__], folder / "typed.ipc"
    measured([*here, "prepare", str(folder), str(rows), str(frame)], log=folder / "said.txt")
    result = []
    for _ in range(rounds):
        costs = {}
        for way in ("read", *WAYS):
            cost = measured([*here, way, str(frame), str(folder / way)], log=folder / "said.txt")
            costs[way] = cost.to_json()
            print(
                f"rules: {way:23} {cost.wall_s:8.1f} s wall {cost.cpu_s:8.1f} s CPU {cost.peak_mib:7,.0f} MiB peak",
                flush=True,
            )
        result.append(costs)
    found = {way: pl.read_parquet(folder / way).sort(lines.RECORD) for way in WAYS}
    different = [way for way, rejected in found.items() if not rejected.equals(found["ours"])]
    if different:
        raise RuntimeError(
            f"{', '.join(different)} and the product's rules reject different rows, or for other reasons"
        )
    return {"rows": rows, "rounds": result, "rejected": found["ours"].height}


def _prepare(folder: Path, rows: int, frame: Path) -> None:
    [csv] = write_trades(folder / "csv", rows=rows, files=1)
    schema = {RAW + name: pl.String for name in RAW_COLUMNS}
    text = pl.scan_csv(csv, has_header=False, skip_lines=1, schema=schema, row_index_name=lines.RECORD)
    typed = normalise(text.with_columns(pl.lit(None, pl.String).alias(OVERFLOW)), _CONTRACT, _source(), RAW_COLUMNS)
    typed.select(pl.exclude(rules.BROKEN, "^(raw|clean):.*$")).sink_ipc(frame)


def _source() -> Any:  # noqa: ANN401 - what the product's own reader gives
    return load_sources()["standard"]


def _read(frame: Path, target: Path) -> None:
    """What every way pays before its first rule."""
    pl.read_ipc(frame).select(pl.all().count()).write_parquet(target)


def _ours(frame: Path, target: Path) -> None:
    source = _source()
    mapping = source.dataset("transactions")
    mask = rules.broken_mask(_CONTRACT, mapping, source.file)
    reject = rules.severity_mask(_CONTRACT, mapping, Severity.REJECT)
    checked = pl.scan_ipc(frame).with_columns((mask & reject).alias(rules.BROKEN))
    rejected = checked.filter(pl.col(rules.BROKEN) != 0)
    reasons = rules.reasons(_CONTRACT, pl.col(rules.BROKEN)).list.sort()
    written = rejected.select(lines.RECORD, reasons.alias("reasons")).sink_parquet(target, lazy=True)
    kept = checked.filter(pl.col(rules.BROKEN) == 0).select(pl.len())
    pl.collect_all([written, kept], engine="streaming")


def _dataframely(frame: Path, target: Path) -> None:
    import dataframely as dy

    delivered = pl.scan_ipc(frame)
    types = {"String": dy.String, "Boolean": dy.Bool, "Date": dy.Date}
    namespace: dict[str, Any] = {}
    for name, dtype in delivered.collect_schema().items():
        column = types.get(type(dtype).__name__) or types.get(str(dtype))
        namespace[f"c{len(namespace)}"] = (column or dy.Any)(alias=name, **({"nullable": True} if column else {}))
    for rule, is_broken in _broken().items():
        namespace[rule] = dy.rule()(_kept(is_broken))
    schema = type("Trades", (dy.Schema,), namespace)
    good, failure = schema.filter(delivered.collect())
    details = failure.details().select(lines.RECORD, *RULES)
    _with_reasons(details, {rule: pl.col(rule) == "invalid" for rule in RULES}).write_parquet(target)
    print(good.height)


def _pandera(frame: Path, target: Path) -> None:
    import pandera.polars as pa

    delivered = pl.read_ipc(frame)
    checks = [pa.Check(_verdict(is_broken), name=rule) for rule, is_broken in _broken().items()]
    failures = pl.DataFrame(schema={"index": pl.Int32, "check": pl.String})
    try:
        pa.DataFrameSchema(checks=checks).validate(delivered, lazy=True)
    except pa.errors.SchemaErrors as error:
        failures = error.failure_cases
    reasons = failures.group_by("index").agg(pl.col("check").unique().sort().alias("reasons"))
    reasons.select(pl.col("index").cast(pl.UInt32).alias(lines.RECORD), "reasons").write_parquet(target)
    print(delivered.height - reasons.height)


def _kept(is_broken: pl.Expr) -> Callable[[Any], pl.Expr]:
    return lambda _schema: ~is_broken.fill_null(False)


def _verdict(is_broken: pl.Expr) -> Callable[[Any], pl.LazyFrame]:
    return lambda data: data.lazyframe.select(~is_broken.fill_null(False))


def _with_reasons(rejected: pl.DataFrame, flags: dict[str, pl.Expr]) -> pl.DataFrame:
    codes = pl.concat_list(pl.when(flag).then(pl.lit(rule)) for rule, flag in flags.items())
    return rejected.select(lines.RECORD, codes.list.drop_nulls().list.sort().alias("reasons"))


def _broken() -> dict[str, pl.Expr]:
    """The rules of `the_job.py` as either library is told them, on the columns of the frame."""
    column, text = pl.col, {name: pl.col(_TEXT + name) for name in _CONTRACT.column_names}
    total, product = (
        column(rules.DELIVERED_TOTAL),
        numbers.product_exact(column("quantity_mwh"), column("price_per_mwh")),
    )
    naive, is_ambiguous, start = column(times.NAIVE), column(times.AMBIGUOUS), column("delivery_start")
    given = {
        "transaction_id_missing": text["transaction_id"].is_null(),
        "counterparty_missing": column("provider_id").is_null() & column("client_id").is_null(),
        "delivery_time_missing": text["delivery_start"].is_null(),
        "delivery_time_bad_date": text["delivery_start"].is_not_null() & naive.is_null(),
        "delivery_time_impossible": naive.is_not_null() & start.is_null() & ~is_ambiguous,
        "delivery_time_ambiguous": is_ambiguous,
        "quantity_negative": column("quantity_mwh") < 0,
        "amount_too_large": product.is_not_null() & column("amount").is_null(),
        "total_bad_number": text["amount"].is_not_null() & total.is_null(),
        "total_mismatch": (total - product).abs() > pl.lit("0.01").cast(pl.Decimal(38, 12)),
    }
    for name in ("transaction_type", "energy_type"):
        given[f"{name}_missing"] = text[name].is_null()
        given[f"{name}_unknown"] = text[name].is_not_null() & column(name).is_null()
    for rule, name in (("quantity", "quantity_mwh"), ("price", "price_per_mwh")):
        given[f"{rule}_missing"] = text[name].is_null()
        given[f"{rule}_bad_number"] = text[name].is_not_null() & column(name).is_null()
        given[f"{rule}_too_precise"] = text[name].str.contains(r"\.[0-9]{9}[0-9]*[1-9]")
    return {rule: given[rule] for rule in RULES}


WAYS: dict[str, Callable[[Path, Path], None]] = {"ours": _ours, "dataframely": _dataframely, "pandera": _pandera}


def main() -> None:
    """Does one step."""
    way, first, *rest = sys.argv[1:]
    if way == "prepare":
        _prepare(Path(first), int(rest[0]), Path(rest[1]))
    else:
        {"read": _read, **WAYS}[way](Path(first), Path(rest[0]))


if __name__ == "__main__":
    main()
