"""COPY from Parquet: by manifest or by prefix, column by position, whole or not at all.

As in Redshift ("COPY from columnar data formats"): names in files mean nothing, only their order does; the number of columns has
to match; a text that is too long, a null in a column that takes none, another type or a length of content that is not
the manifest's ends it. Not proved: that the role may read the objects, and Redshift Spectrum's own reader.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from local_aws.sql import objects
from local_aws.sql.objects import NoSuchObjectError, Place
from local_aws.sql.redshift import TEMPORARY, RedshiftError
from local_aws.sql.redshift_rights import Need, name_of
from local_aws.sql.redshift_session import Outcome, Session
from local_aws.sql.redshift_tables import duckdb_place, table_of
from local_aws.sql.scans import identifier, literal

__all__ = ["PATTERN", "copy"]

PATTERN = re.compile(
    r'COPY\s+(?P<name>(?:"(?:[^"]|"")+"|\w+)(?:\.(?:"(?:[^"]|"")+"|\w+))?)\s*(?:\((?P<columns>[^)]*)\))?\s*'
    r"FROM\s+'(?P<source>[^']+)'\s*(?P<options>.*)",
    re.IGNORECASE | re.DOTALL,
)
_ROLE = re.compile(r"IAM_ROLE\s+(?:AS\s+)?(?:'(?P<arn>[^']*)'|(?P<default>DEFAULT))", re.IGNORECASE)
_FORMAT = re.compile(r"(?:FORMAT\s+(?:AS\s+)?)?PARQUET", re.IGNORECASE)
_TAKEN = (
    "MANIFEST",
    "FILLRECORD",
    "ACCEPTINVCHARS",
    "STATUPDATE",
    "EXPLICIT_IDS",
    "SERIALIZETOJSON",
    "ON",
    "OFF",
    "TRUE",
    "FALSE",
)

_FITTING = {
    exp.DType.VARCHAR: ("string", "large_string"),
    exp.DType.BIGINT: ("int64", "int32", "int16", "int8"),
    exp.DType.INT: ("int32", "int16", "int8"),
    exp.DType.SMALLINT: ("int16", "int8"),
    exp.DType.BOOLEAN: ("bool",),
    exp.DType.DATE: ("date32",),
    exp.DType.DOUBLE: ("double", "float"),
    exp.DType.FLOAT: ("float",),
    exp.DType.TIMESTAMP: ("timestamp[us", "timestamp[ms"),
    exp.DType.TIMESTAMPNTZ: ("timestamp[us", "timestamp[ms"),
    exp.DType.DECIMAL: ("decimal",),
}
"""Redshift type -> how the names of the Parquet types begin that it takes. Nanoseconds and unsigned integers are none of them."""


@dataclass(frozen=True)
class _Source:
    place: Place
    content: bytes


def copy(session: Session, _text: str, found: re.Match[str]) -> Outcome:
    """Does a COPY.

    Raises:
        RedshiftError: Redshift would refuse the statement or a file.
        PermissionDeniedError: The user may not insert, or not with that role.
    """
    options = found["options"]
    place = _target(session, found["name"])
    columns = session.columns(*place)
    if columns is None:
        raise RedshiftError(f"ERROR: Cannot COPY into nonexistent table {place[1]}")
    _refuse_options(options)
    session.demand(*_needs(session, place, options))
    names = [name_of(part) for part in found["columns"].split(",")] if found["columns"] else list(columns)
    strangers = [name for name in names if name not in columns]
    if strangers:
        raise RedshiftError(f'ERROR: column "{strangers[0]}" of relation "{place[1]}" does not exist')
    sources = _sources(found["source"], is_manifest=_has(options, "MANIFEST"))
    with TemporaryDirectory(prefix="energy-lake-copy-") as folder:
        inserted = 0
        for number, source in enumerate(sources):
            path = Path(folder) / f"{number}.parquet"
            path.write_bytes(source.content)
            kinds = {name: columns[name] for name in names}
            selected = _checked(path, source.place, kinds, fills=_has(options, "FILLRECORD"))
            into = ", ".join(identifier(name) for name in names)
            sql = (
                f"INSERT INTO {duckdb_place(place)} ({into}) SELECT {selected} FROM read_parquet({literal(str(path))})"  # noqa: S608 - quoted
            )
            changed = session.lake.execute(sql).fetchone()
            inserted += int(changed[0]) if changed else 0
    session.check_lengths(place)
    return Outcome(changed=inserted)


def _target(session: Session, name: str) -> tuple[str, str]:
    place = table_of(name)
    is_own = "." not in name and session.columns(TEMPORARY, place[1]) is not None
    return (TEMPORARY, place[1]) if is_own else place


def _has(options: str, word: str) -> bool:
    return re.search(rf"\b{word}\b", options, re.IGNORECASE) is not None


def _refuse_options(options: str) -> None:
    """Parquet takes few options; which one is too many is said by its name."""
    if not _FORMAT.search(options):
        raise RedshiftError("ERROR: COPY is answered here for FORMAT AS PARQUET only")
    rest = _FORMAT.sub(" ", _ROLE.sub(" ", options))
    for word in re.findall(r"[A-Za-z_]+", rest):
        if word.upper() not in _TAKEN:
            raise RedshiftError(f"ERROR: {word.upper()} argument is not supported for PARQUET based COPY")


def _needs(session: Session, place: tuple[str, str], options: str) -> list[Need]:
    role = _ROLE.search(options)
    if role is None:
        raise RedshiftError("ERROR: COPY needs IAM_ROLE")
    arn = role["arn"] or "default"
    if role["arn"] and arn not in session.database.roles():
        raise RedshiftError(f"ERROR: User arn:aws:redshift::dbuser is not authorized to assume IAM Role {arn}")
    needs = [Need("ASSUMEROLE", arn)]
    if place[0] != TEMPORARY:
        needs += [Need("USAGE", place[0]), Need("INSERT", *place)]
    return needs


def _sources(address: str, *, is_manifest: bool) -> list[_Source]:
    try:
        place = objects.place_of(address)
        if is_manifest:
            return _of_manifest(place)
        found = objects.beginning_with(place)
        if not found:
            raise RedshiftError(f"ERROR: The specified S3 prefix '{place.key}' does not exist")
        return [_Source(one, objects.read(one)) for one in found]
    except (NoSuchObjectError, ValueError) as error:
        if isinstance(error, RedshiftError):
            raise
        raise RedshiftError(f"ERROR: S3ServiceException: {error}") from error


def _of_manifest(place: Place) -> list[_Source]:
    """The files that a manifest names; for Parquet it has to say how long each is."""
    try:
        entries = json.loads(objects.read(place))["entries"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise RedshiftError(f"ERROR: The manifest {place.url} is not valid JSON with a list of entries") from error
    sources = []
    for entry in entries:
        told = (entry.get("meta") or {}).get("content_length")
        if told is None:
            raise RedshiftError(f"ERROR: The manifest {place.url} has no meta.content_length for {entry['url']}")
        try:
            content = objects.read(objects.place_of(entry["url"]))
        except NoSuchObjectError as error:
            if entry.get("mandatory"):
                raise RedshiftError(f"ERROR: mandatory url {entry['url']} is not there: {error}") from error
            continue
        if len(content) != told:
            raise RedshiftError(
                f"ERROR: Spectrum Scan Error: {entry['url']} has {len(content)} bytes, the manifest says {told}"
            )
        sources.append(_Source(objects.place_of(entry["url"]), content))
    return sources


def _checked(path: Path, place: Place, kinds: dict[str, exp.DataType], *, fills: bool) -> str:
    """What is selected from a file, by position. Raises `RedshiftError` where it does not fit the table."""
    try:
        schema = pq.read_schema(path)
    except pa.ArrowInvalid as error:
        raise RedshiftError(f"ERROR: Spectrum Scan Error: File {place.url} has an invalid version number") from error
    if len(schema) > len(kinds) or (len(schema) < len(kinds) and not fills):
        raise RedshiftError(
            f"ERROR: Spectrum Scan Error code: 15007 context: Unmatched number of columns between table and file. "
            f"Table columns: {len(kinds)}, Data columns: {len(schema)}, File name: {place.url}"
        )
    selected = []
    for (name, kind), column in zip(kinds.items(), schema, strict=False):
        _refuse_other_kind(name, kind, column, place)
        value = identifier(column.name)
        if pa.types.is_timestamp(column.type) and column.type.tz:
            value = f"{value} AT TIME ZONE 'UTC'"
        selected.append(value)
    return ", ".join([*selected, *["NULL"] * (len(kinds) - len(schema))])


def _refuse_other_kind(name: str, kind: exp.DataType, column: pa.Field, place: Place) -> None:
    begins = _FITTING.get(kind.this) if isinstance(kind.this, exp.DType) else None
    fits = begins is not None and str(column.type).startswith(begins)
    if fits and pa.types.is_decimal(column.type):
        fits = f"({column.type.precision},{column.type.scale})" == kind.sql("duckdb").removeprefix("DECIMAL").replace(
            " ", ""
        )
    if not fits:
        raise RedshiftError(
            f"ERROR: Spectrum Scan Error code: 15001 context: {place.url} has an incompatible Parquet schema for column "
            f"'{name}'. Column type: {kind.sql('redshift')}, Parquet schema: {column.name} {column.type}"
        )
