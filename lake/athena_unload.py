"""Answers too large for pages: Athena writes them as Parquet (UNLOAD) below the workgroup's own results, where they are read.

The rows come in no order, whatever the question says, because each writer of Athena's has its own file. Nothing is deleted:
the results bucket forgets by itself, and no persona may delete there.
"""

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from sqlglot import TokenType, exp

from lake.athena import Athena, Execution, Question
from lake.athena_failures import AthenaError
from lake.trino import TrinoError, parse, tokens_of

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Unloaded", "ask_by_unload", "unload_statement"]


@dataclass(frozen=True)
class Unloaded:
    """The answer as a polars frame, with lists and rows as themselves, and the UNLOAD that gave it."""

    frame: "pl.DataFrame"
    execution: Execution


def ask_by_unload(athena: Athena, question: Question, *, s3: Any = None) -> Unloaded:  # noqa: ANN401 - boto3 clients have no type
    """Asks, and reads the files of the answer. Raises `AthenaError`, also for what is no SELECT.

    `s3` is a boto3 S3 client, or null for one from the environment.
    """
    output = athena.settings.output
    if not output.startswith("s3://"):
        raise AthenaError(
            f"the workgroup {athena.workgroup} keeps its results itself, so an UNLOAD has no place to go",
            category="here",
            advice="ask without --unload",
        )
    place = f"{output.rstrip('/')}/unload/{question.token(athena.workgroup, athena.database, 0)}/"
    asked = replace(question, sql=unload_statement(question.sql, place), reuse_minutes=0)
    execution = athena.run(asked, attempts=1)  # a second attempt would find the first one's files in its place
    client = s3 or boto3.client("s3")
    with tempfile.TemporaryDirectory(prefix="energy-lake-unload-") as folder:
        written = _written(client, execution, place)
        files = [_fetched(client, uri, Path(folder) / f"{number}.parquet") for number, uri in enumerate(written)]
        if files:
            return Unloaded(_read(files), execution)
    empty = replace(question, sql=f"SELECT * FROM (\n{_statement(question.sql)}\n) LIMIT 0")  # noqa: S608 - one whole SELECT
    return Unloaded(athena.ask(empty).table.frame(), execution)


def unload_statement(sql: str, place: str) -> str:
    """The question as an UNLOAD to a place in S3. Raises `AthenaError` for what is no single SELECT."""
    quoted = place.replace("'", "''")
    return f"UNLOAD (\n{_statement(sql)}\n) TO '{quoted}' WITH (format = 'PARQUET', compression = 'SNAPPY')"


def _statement(sql: str) -> str:
    """The text of the one SELECT, up to its semicolon: what is put in brackets must not close them itself."""
    try:
        is_question = isinstance(parse(sql), exp.Query)
    except TrinoError as error:
        raise AthenaError(str(error), category="user") from error
    if not is_question:
        raise AthenaError("an UNLOAD takes one SELECT", category="user", advice="ask without --unload")
    ends = [token.start for token in tokens_of(sql) if token.token_type is TokenType.SEMICOLON]
    return sql[: ends[0]] if ends else sql


def _written(client: Any, execution: Execution, place: str) -> list[str]:  # noqa: ANN401
    """The files of the answer: Athena lists them in a manifest, one address a line. Without one, all that is in the place."""
    if execution.manifest:
        bucket, key = _address(execution.manifest)
        body = client.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        return [line.strip() for line in body.splitlines() if line.strip()]
    bucket, prefix = _address(place)
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [f"s3://{bucket}/{item['Key']}" for page in pages for item in page.get("Contents", [])]


def _fetched(client: Any, uri: str, target: Path) -> Path:  # noqa: ANN401
    bucket, key = _address(uri)
    with target.open("wb") as file:
        shutil.copyfileobj(client.get_object(Bucket=bucket, Key=key)["Body"], file)
    return target


def _address(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _read(files: list[Path]) -> "pl.DataFrame":
    import polars as pl
    from polars import selectors as cs

    frame = pl.read_parquet(files)
    return frame.with_columns(cs.datetime("ns").cast(pl.Datetime("us")))  # Athena writes INT96, which is in nanoseconds
