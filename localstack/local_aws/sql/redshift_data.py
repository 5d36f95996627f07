"""The Redshift Data API: runs statements in a warehouse of the emulator, with the rights that its users have there.

Who asks is who Redshift would sign in: with a secret or the master user's name the superuser, with another `DbUser` that user, by
IAM alone `IAMR:<role>` for a role. The account's root signs in as the superuser here. Proved: the SQL of the warehouse as far as
`redshift*.py` know it, COPY by manifest and position, transactions, grants. Not proved: Redshift's planner, its distribution, its
limits in memory and time; a transaction that is left open from one call of a session to the next; and of serverless
workgroups, which moto does not have, any name is taken.
"""

from typing import TYPE_CHECKING, Any

from moto.core.common_types import TYPE_RESPONSE
from moto.redshiftdata.exceptions import ResourceNotFoundException, ValidationException
from moto.redshiftdata.responses import RedshiftDataAPIServiceResponse

from local_aws.fixes import patching
from local_aws.sql import redshift_listing
from local_aws.sql.redshift_listing import answer, page
from local_aws.sql.redshift_sign_in import database_of, known_session, sessions, user_of

if TYPE_CHECKING:
    from local_aws.sql.redshift_runs import Part, Run
    from local_aws.sql.redshift_session import Database, Session

__all__ = ["install"]

_MOST_STATEMENTS = 40
_LONGEST_STATEMENT = 100_000
_ROWS_OF_A_PAGE = 1000

Response = RedshiftDataAPIServiceResponse


def install() -> None:
    """Changes moto's Redshift Data API."""
    patching.replace(Response, "execute_statement", _execute)
    patching.add(Response, "batch_execute_statement", _batch)
    patching.replace(Response, "describe_statement", _describe)
    patching.replace(Response, "get_statement_result", _result)
    patching.replace(Response, "cancel_statement", _cancel)
    patching.add(Response, "list_statements", _list)
    redshift_listing.install()


def _execute(response: Response) -> TYPE_RESPONSE:
    """AWS runs the statement. moto keeps its text and answers with three rows of its own."""
    return _started(response, [patching.asked(response, "Sql")], is_batch=False)


def _batch(response: Response) -> TYPE_RESPONSE:
    """AWS runs up to forty statements as one transaction. moto does not know the call."""
    statements = patching.asked(response, "Sqls") or []
    if not 1 <= len(statements) <= _MOST_STATEMENTS:
        raise ValidationException(
            f"Number of statements must be between 1 and {_MOST_STATEMENTS}, got {len(statements)}."
        )
    return _started(response, statements, is_batch=True)


def _started(response: Response, statements: list[str], *, is_batch: bool) -> TYPE_RESPONSE:
    from local_aws.sql.redshift_runs import (  # the engine is slow to import, and an emulator starts without it
        Part,
        Run,
        start,
    )

    token, tokens = patching.asked(response, "ClientToken"), patching.kept(response.redshiftdata_backend, "tokens")
    if token and token in tokens:
        return answer(_told(_found(response, tokens[token])))
    for sql in statements:
        if not 1 <= len(sql.encode()) <= _LONGEST_STATEMENT:
            raise ValidationException(
                f"A statement must have 1 to {_LONGEST_STATEMENT} bytes, got {len(sql.encode())}."
            )
    database = database_of(response)
    user = user_of(response, database)
    run = Run(
        database=database,
        user=user,
        parts=[Part(sql=sql) for sql in statements],
        is_batch=is_batch,
        is_one_transaction=patching.asked(response, "ExecutionMode") != "AUTO_COMMIT",
        parameters=_parameters(response, statements),
        about=_about(response, user),
        session=_session(response, database, user),
    )
    _runs(response)[run.id] = run
    if token:
        tokens[token] = run.id
    start(run, float(patching.asked(response, "WaitTimeSeconds") or 0))
    return answer(_told(run))


def _parameters(response: Response, statements: list[str]) -> dict[str, str]:
    """AWS takes no parameter that is empty, and none that no statement uses."""
    given = {one["name"]: one["value"] for one in patching.asked(response, "Parameters") or ()}
    unused = [name for name in given if not any(f":{name}" in sql for sql in statements)]
    if unused:
        raise ValidationException(
            f"Parameters list contains unused parameters. Unused parameters: [{', '.join(unused)}]"
        )
    empty = [name for name, value in given.items() if not value]
    if empty:
        raise ValidationException(f"Value of parameter {empty[0]} must have length greater than or equal to 1")
    return given


def _about(response: Response, user: str) -> dict[str, Any]:
    names = ("ClusterIdentifier", "WorkgroupName", "Database", "SecretArn", "StatementName", "SessionId")
    told = {name: patching.asked(response, name) for name in names}
    return {**{name: value for name, value in told.items() if value}, "DbUser": user}


def _session(response: Response, database: "Database", user: str) -> "Session | None":
    """A session that outlives its statement, where one is asked for: temporary tables stay in it."""
    from local_aws.sql.redshift_session import Session

    known = patching.asked(response, "SessionId")
    if known:
        return sessions(response)[known_session(response, known)]
    if not patching.asked(response, "SessionKeepAliveSeconds"):
        return None
    session = Session(database, user)
    sessions(response)[session.id] = session
    return session


def _runs(response: Response) -> "dict[str, Run]":
    return patching.kept(response.redshiftdata_backend, "runs")


def _found(response: Response, identifier: str) -> "Run":
    run = _runs(response).get(identifier.split(":", maxsplit=1)[0])
    if run is None:
        raise ResourceNotFoundException
    return run


def _told(run: "Run") -> dict[str, Any]:
    """The answer to a call that starts something."""
    session = {"SessionId": run.session.id} if run.session else {}
    about = {key: value for key, value in run.about.items() if key != "StatementName"}
    return {
        "Id": run.id,
        "CreatedAt": run.created,
        "Status": run.status,
        "HasResultSet": _has_rows(run),
        **about,
        **session,
    }


def _has_rows(run: "Run") -> bool:
    return run.status == "FINISHED" and any(part.outcome.is_question for part in run.parts)


def _describe(response: Response) -> TYPE_RESPONSE:
    """AWS tells the state, and of a batch that of each statement. moto's statements never end."""
    run = _found(response, patching.asked(response, "Id"))
    run.over.wait(float(patching.asked(response, "WaitTimeSeconds") or 0))
    last = run.parts[-1]
    described: dict[str, Any] = {
        **_told(run),
        "UpdatedAt": run.updated,
        "Duration": sum(part.duration for part in run.parts),
        "ResultRows": _result_rows(last) if not run.is_batch else -1,
        "ResultSize": -1 if run.is_batch or not last.outcome.is_question else len(str(last.outcome.rows)),
        "RedshiftPid": 1,
        "RedshiftQueryId": 1,
        "QueryString": "" if run.is_batch else last.sql,
        "QueryParameters": [{"name": name, "value": value} for name, value in run.parameters.items()],
    }
    if run.error:
        described["Error"] = run.error
    if run.is_batch:
        described["SubStatements"] = [_described(run, number) for number in range(1, len(run.parts) + 1)]
    return answer({key: value for key, value in described.items() if value not in ("", [])})


def _described(run: "Run", number: int) -> dict[str, Any]:
    part = run.parts[number - 1]
    described = {
        "Id": f"{run.id}:{number}",
        "QueryString": part.sql,
        "Status": part.status,
        "Duration": part.duration,
        "HasResultSet": part.outcome.is_question,
        "ResultRows": _result_rows(part),
        "ResultSize": len(str(part.outcome.rows)) if part.outcome.is_question else -1,
        "CreatedAt": run.created,
        "UpdatedAt": part.ended or run.updated,
        "RedshiftQueryId": number,
    }
    return {**described, "Error": part.error} if part.error else described


def _result_rows(part: "Part") -> int:
    return len(part.outcome.rows) if part.outcome.is_question else part.outcome.changed


def _result(response: Response) -> TYPE_RESPONSE:
    """AWS gives the rows of a question; of a batch, those of one statement or of the last that has any."""
    from local_aws.sql.redshift_rows import column_metadata, record

    identifier = patching.asked(response, "Id")
    run = _found(response, identifier)
    number = identifier.partition(":")[2]
    questions = [part for part in run.parts if part.outcome.is_question]
    part = run.parts[int(number) - 1] if number else (questions[-1] if questions else run.parts[-1])
    if run.status != "FINISHED" or not part.outcome.is_question:
        raise ValidationException("Query does not have result. Please check query status with DescribeStatement.")
    begin = int(patching.asked(response, "NextToken") or 0)
    rows = part.outcome.rows[begin : begin + _ROWS_OF_A_PAGE]
    found: dict[str, Any] = {
        "ColumnMetadata": [column_metadata(name, kind) for name, kind in part.outcome.columns],
        "Records": [[record(value) for value in row] for row in rows],
        "TotalNumRows": len(part.outcome.rows),
    }
    if begin + _ROWS_OF_A_PAGE < len(part.outcome.rows):
        found["NextToken"] = str(begin + _ROWS_OF_A_PAGE)
    return answer(found)


def _cancel(response: Response) -> TYPE_RESPONSE:
    run = _found(response, patching.asked(response, "Id"))
    if not run.stop():
        raise ValidationException(f"Could not cancel a query that is already in {run.status} state with ID: {run.id}")
    return answer({"Status": True})


def _list(response: Response) -> TYPE_RESPONSE:
    """AWS lists them, the newest first. moto does not know the call."""
    status, name = patching.asked(response, "Status") or "ALL", patching.asked(response, "StatementName") or ""
    found = [
        {
            **{key: value for key, value in run.about.items() if key in {"SecretArn", "StatementName"}},
            "Id": run.id,
            "Status": run.status,
            "CreatedAt": run.created,
            "UpdatedAt": run.updated,
            "IsBatchStatement": run.is_batch,
            **(
                {"QueryStrings": [part.sql for part in run.parts]}
                if run.is_batch
                else {"QueryString": run.parts[0].sql}
            ),
        }
        for run in reversed(list(_runs(response).values()))
        if status in {"ALL", run.status} and str(run.about.get("StatementName", "")).startswith(name)
    ]
    return page(response, "Statements", found)
