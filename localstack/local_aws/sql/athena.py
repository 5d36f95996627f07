"""Athena's calls that run queries: moto keeps workgroups and named queries, here is what it does not do.

Proved: that the lake's SQL is Trino's as far as `trino.py` knows it, over registered partitions only, with enforced workgroups,
limits, Lake Formation's sight and results where they belong. Not proved: Trino's own optimiser, its memory, its speed; and
that a caller's IAM policies let it run the query, which `--auth` decides where requests come in.
"""

import json
import time
from typing import TYPE_CHECKING, Any

from moto.athena.responses import AthenaResponse

from local_aws.fixes import patching
from local_aws.identity import caller

if TYPE_CHECKING:
    from local_aws.sql.executions import Execution

__all__ = ["install"]

_ROWS_OF_A_PAGE = 1000
_IDS_OF_A_PAGE = 50

Answer = str | tuple[str, dict[str, int]]


def install() -> None:
    """Changes moto's Athena."""
    patching.replace(AthenaResponse, "start_query_execution", _start)
    patching.replace(AthenaResponse, "get_query_execution", _get)
    patching.add(AthenaResponse, "batch_get_query_execution", _batch_get)
    patching.replace(AthenaResponse, "get_query_results", _results)
    patching.replace(AthenaResponse, "stop_query_execution", _stop)
    patching.replace(AthenaResponse, "list_query_executions", _list)
    patching.replace(AthenaResponse, "get_query_runtime_statistics", _statistics)


def _start(response: AthenaResponse) -> Answer:
    """AWS runs the query. moto says that it succeeded, whatever it is."""
    from local_aws.sql.executions import (  # the engine is slow to import, and an emulator starts without it
        Execution,
        start,
    )

    token = patching.asked(response, "ClientRequestToken")
    tokens = patching.kept(response.athena_backend, "tokens")
    if token and token in tokens:
        return json.dumps({"QueryExecutionId": tokens[token]})
    name = patching.asked(response, "WorkGroup") or "primary"
    workgroup = response.athena_backend.work_groups.get(name)
    if workgroup is None:
        return _refused(f"WorkGroup {name} is not found.")
    if workgroup.state != "ENABLED":
        return _refused(f"WorkGroup {name} is disabled.")
    configuration = _configuration(workgroup.configuration, patching.asked(response, "ResultConfiguration") or {})
    if not configuration.get("OutputLocation"):
        return _refused(
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input."
        )
    context = patching.asked(response, "QueryExecutionContext") or {}
    execution = Execution(
        sql=patching.asked(response, "QueryString"),
        caller=caller(response.headers),
        region=response.region,
        database=(context.get("Database") or "default").lower(),
        context=context,
        workgroup=name,
        configuration=configuration,
        scan_limit_bytes=workgroup.configuration.get("BytesScannedCutoffPerQuery"),
        parameters=tuple(patching.asked(response, "ExecutionParameters") or ()),
        prepared=_Prepared(response, name),
        is_enforced=bool(workgroup.configuration.get("EnforceWorkGroupConfiguration")),
    )
    patching.kept(response.athena_backend, "executions")[execution.id] = execution
    if token:
        tokens[token] = execution.id
    start(execution)
    return json.dumps({"QueryExecutionId": execution.id})


def _configuration(workgroup: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """A workgroup that is enforced says alone where results go; otherwise the client does, and the workgroup by default."""
    own = workgroup.get("ResultConfiguration") or {}
    return dict(own) if workgroup.get("EnforceWorkGroupConfiguration") else {**own, **asked}


class _Prepared(dict[str, str]):
    """The prepared statements of a workgroup, as moto keeps them: what PREPARE adds can be got by the API and the other way."""

    def __init__(self, response: AthenaResponse, workgroup: str) -> None:
        self._backend = response.athena_backend
        self._workgroup = self._backend.work_groups[workgroup]
        known = self._backend.prepared_statements.values()
        super().__init__({s.statement_name.lower(): s.query_statement for s in known if self._is_own(s)})

    def _is_own(self, statement: Any) -> bool:  # noqa: ANN401 - moto's
        return bool(statement.workgroup in (self._workgroup, self._workgroup.name))

    def __setitem__(self, name: str, sql: str) -> None:
        super().__setitem__(name, sql)
        self._backend.create_prepared_statement(name, self._workgroup, sql, "")

    def pop(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as of a dictionary
        self._backend.prepared_statements.pop(name, None)
        return super().pop(name, default)


def _get(response: AthenaResponse) -> Answer:
    execution = _found(response, patching.asked(response, "QueryExecutionId"))
    return json.dumps({"QueryExecution": _described(execution)}) if execution else _unknown(response)


def _batch_get(response: AthenaResponse) -> str:
    """AWS describes several; moto does not know the call."""
    ids = patching.asked(response, "QueryExecutionIds")
    found = {id_: _found(response, id_) for id_ in ids}
    missing = [{"QueryExecutionId": id_, "ErrorCode": "NOT_FOUND"} for id_, one in found.items() if one is None]
    there = [_described(one) for one in found.values() if one is not None]
    return json.dumps({"QueryExecutions": there, "UnprocessedQueryExecutionIds": missing})


def _described(execution: "Execution") -> dict[str, Any]:
    """An execution in the words of `GetQueryExecution`."""
    status: dict[str, Any] = {"State": execution.state, "SubmissionDateTime": execution.submitted}
    if execution.reason:
        status["StateChangeReason"] = execution.reason
    if execution.error:
        status["AthenaError"] = execution.error
    if execution.completed:
        status["CompletionDateTime"] = execution.completed
    described = {
        "QueryExecutionId": execution.id,
        "Query": execution.sql,
        "StatementType": execution.kind,
        "SubstatementType": execution.substatement,
        "ResultConfiguration": {**execution.configuration, "OutputLocation": execution.output},
        "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
        "QueryExecutionContext": dict(execution.context),
        "Status": status,
        "Statistics": _times(execution),
        "WorkGroup": execution.workgroup,
        "EngineVersion": {
            "SelectedEngineVersion": "Athena engine version 3",
            "EffectiveEngineVersion": "Athena engine version 3",
        },
    }
    return {**described, "ExecutionParameters": list(execution.parameters)} if execution.parameters else described


def _times(execution: "Execution") -> dict[str, Any]:
    end = execution.completed or time.time()
    began = execution.started or end
    return {
        "EngineExecutionTimeInMillis": round((end - began) * 1000),
        "DataScannedInBytes": execution.scanned_bytes,
        "TotalExecutionTimeInMillis": round((end - execution.submitted) * 1000),
        "QueryQueueTimeInMillis": round((began - execution.submitted) * 1000),
        "ServicePreProcessingTimeInMillis": 0,
        "QueryPlanningTimeInMillis": 0,
        "ServiceProcessingTimeInMillis": 0,
        "ResultReuseInformation": {"ReusedPreviousResult": False},
    }


def _results(response: AthenaResponse) -> Answer:
    """AWS gives a page of the answer, names in the first row of a question's first page. moto gives what it was told to."""
    from local_aws.sql.results import column_info

    execution = _found(response, patching.asked(response, "QueryExecutionId"))
    if execution is None:
        return _unknown(response)
    if execution.state != "SUCCEEDED":
        state = "not yet finished" if execution.state in {"QUEUED", "RUNNING"} else execution.state
        return _refused(f"Query has {state}. Current state: {execution.state}")
    begin = int(patching.asked(response, "NextToken") or 0)
    most = min(int(patching.asked(response, "MaxResults") or _ROWS_OF_A_PAGE), _ROWS_OF_A_PAGE)
    header: list[list[str | None]] = [[name for name, _ in execution.columns]] if execution.has_header else []
    rows = [*header, *execution.rows]
    page = [
        {"Data": [{} if cell is None else {"VarCharValue": cell} for cell in row]} for row in rows[begin : begin + most]
    ]
    columns = [column_info(name, kind) for name, kind in execution.columns]
    answer: dict[str, Any] = {
        "UpdateCount": 0,
        "ResultSet": {"Rows": page, "ResultSetMetadata": {"ColumnInfo": columns}},
    }
    if begin + most < len(rows):
        answer["NextToken"] = str(begin + most)
    return json.dumps(answer)


def _stop(response: AthenaResponse) -> Answer:
    execution = _found(response, patching.asked(response, "QueryExecutionId"))
    if execution is None:
        return _unknown(response)
    execution.stop()
    return "{}"


def _list(response: AthenaResponse) -> str:
    """The executions of one workgroup, the newest first."""
    name = patching.asked(response, "WorkGroup") or "primary"
    kept: dict[str, Execution] = patching.kept(response.athena_backend, "executions")
    ids = [id_ for id_, execution in reversed(list(kept.items())) if execution.workgroup == name]
    begin = int(patching.asked(response, "NextToken") or 0)
    most = min(int(patching.asked(response, "MaxResults") or _IDS_OF_A_PAGE), _IDS_OF_A_PAGE)
    answer: dict[str, Any] = {"QueryExecutionIds": ids[begin : begin + most]}
    if begin + most < len(ids):
        answer["NextToken"] = str(begin + most)
    return json.dumps(answer)


def _statistics(response: AthenaResponse) -> Answer:
    execution = _found(response, patching.asked(response, "QueryExecutionId"))
    if execution is None:
        return _unknown(response)
    rows = {"InputBytes": execution.scanned_bytes, "OutputRows": len(execution.rows)}
    times = {key: value for key, value in _times(execution).items() if key.endswith("InMillis")}
    return json.dumps({"QueryRuntimeStatistics": {"Timeline": times, "Rows": rows}})


def _found(response: AthenaResponse, id_: str) -> "Execution | None":
    kept: dict[str, Execution] = patching.kept(response.athena_backend, "executions")
    return kept.get(id_)


def _unknown(response: AthenaResponse) -> Answer:
    return _refused(f"QueryExecution {patching.asked(response, 'QueryExecutionId')} was not found")


def _refused(text: str) -> Answer:
    return json.dumps({"__type": "InvalidRequestException", "Message": text}), {"status": 400}
