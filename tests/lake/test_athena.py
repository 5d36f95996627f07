"""The Athena client against scripted answers that botocore checks for form: starting, waiting, paging, cancelling, failing.

What only a service can show, such as an answer to SQL, is in `tests/queries`, against the emulator.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from lake.athena import Question
from lake.athena_failures import AthenaError, refusal_of
from tests.lake.athena_stand_in import IDENTIFIER, Script, ended, scripted

HOSTILE = "x'; DROP TABLE transactions; --"
COLUMNS = [{"Name": "n", "Type": "bigint"}]
ASKED = Question(sql="SELECT 1", occasion="o")


def test_a_question_is_started_in_its_workgroup_with_values_bound_and_never_pasted():
    question = Question(sql="SELECT ? AS a, ? AS d", parameters=(HOSTILE, date(2026, 1, 2)), occasion="today")
    with scripted() as script:
        script.starts(
            {
                "QueryString": "SELECT ? AS a, ? AS d",
                "ExecutionParameters": ["'x''; DROP TABLE transactions; --'", "DATE '2026-01-02'"],
                "ClientRequestToken": question.token("energy-lake-dev-analyst", "energy_lake_dev_curated", 0),
                "QueryExecutionContext": {"Database": "energy_lake_dev_curated", "Catalog": "AwsDataCatalog"},
                "WorkGroup": "energy-lake-dev-analyst",
            }
        )
        script.says(ended(DataScannedInBytes=12, TotalExecutionTimeInMillis=1500))
        execution = script.athena().run(question)
    assert (execution.id, execution.scanned_bytes, execution.seconds, execution.is_reused) == (
        IDENTIFIER,
        12,
        1.5,
        False,
    )


def test_the_same_question_on_the_same_occasion_is_the_same_request():
    again = Question(sql="SELECT 1", occasion="o")
    assert ASKED.token("w", "d", 0) == again.token("w", "d", 0)
    assert 32 <= len(ASKED.token("w", "d", 0)) <= 128


def test_whatever_differs_makes_another_request():
    others = [
        ASKED.token("v", "d", 0),
        ASKED.token("w", "e", 0),
        ASKED.token("w", "d", 1),
        *(
            replace(ASKED, **change).token("w", "d", 0)
            for change in (
                {"sql": "SELECT 2"},
                {"parameters": ("1",)},
                {"parameters": (1,)},
                {"reuse_minutes": 5},
                {"occasion": "p"},
            )
        ),
    ]
    assert len({ASKED.token("w", "d", 0), *others}) == len(others) + 1


def test_without_an_occasion_every_asking_is_one_of_its_own():
    assert Question(sql="SELECT 1").token("w", "d", 0) != Question(sql="SELECT 1").token("w", "d", 0)


def test_waiting_takes_longer_each_time_and_survives_a_step_back_into_the_queue():
    with scripted() as script:
        script.starts()
        script.says(*(ended(state) for state in ("QUEUED", "RUNNING", "QUEUED", *["RUNNING"] * 6)), ended())
        script.athena().run(ASKED)
    assert script.waits == sorted(script.waits)
    assert script.waits[0] == 0.25
    assert script.waits[-1] == 5.0
    assert len(script.waits) == 9


def test_an_answer_of_many_pages_is_read_whole_and_its_header_once():
    names = [["n"], *([str(number)] for number in range(999))]
    more = [[str(number)] for number in range(999, 1999)]
    with scripted() as script:
        script.starts()
        script.says(ended())
        script.pages(COLUMNS, names, more, [["1999"], ["n"]][:1])
        answer = script.athena().ask(ASKED)
    assert answer.table.rows == [(number,) for number in range(2000)]


def test_a_question_that_waits_too_long_is_cancelled_and_said():
    with scripted() as script:
        script.starts()
        script.says(*[ended("RUNNING")] * 4)
        script.stub.add_response("stop_query_execution", {}, {"QueryExecutionId": IDENTIFIER})
        with pytest.raises(
            AthenaError, match=f"no answer after 1 seconds; the query {IDENTIFIER} was cancelled"
        ) as told:
            script.athena(patience_seconds=1).run(ASKED)
    assert told.value.category == "here"
    assert "--timeout" in told.value.advice


def test_control_c_cancels_the_query_before_it_ends_the_program():
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    with scripted() as script:
        script.starts()
        script.says(ended("RUNNING"))
        script.stub.add_response("stop_query_execution", {}, {"QueryExecutionId": IDENTIFIER})
        with pytest.raises(KeyboardInterrupt):
            script.athena(sleep=interrupted).run(ASKED)


def test_a_query_that_cannot_be_cancelled_does_not_hide_why_waiting_ended():
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    with scripted() as script:
        script.starts()
        script.says(ended("RUNNING"))
        script.stub.add_client_error("stop_query_execution", "AccessDeniedException")
        with pytest.raises(KeyboardInterrupt):
            script.athena(sleep=interrupted).run(ASKED)


@pytest.mark.parametrize(
    ("execution", "category", "said", "advice"),
    [
        (
            {
                "error": {
                    "ErrorCategory": 2,
                    "ErrorMessage": "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved",
                }
            },
            "user",
            "Athena says (user error): COLUMN_NOT_FOUND",
            "a column that is not granted is not there either",
        ),
        (
            {"error": {"ErrorCategory": 2}, "reason": "Insufficient Lake Formation permission(s) on transactions"},
            "user",
            "Insufficient Lake Formation",
            "ask an administrator of Lake Formation",
        ),
        ({"reason": "Query cancelled! : Bytes scanned limit was exceeded"}, "other", "Bytes scanned", "fewer dates"),
        ({"error": {"ErrorCategory": 1, "ErrorMessage": "Internal"}}, "system", "system error", "ask again"),
        ({"error": {"ErrorCategory": 3, "ErrorMessage": "strange"}}, "other", "(other error): strange", ""),
        ({}, "other", "no reason was given", ""),
    ],
)
def test_a_failure_says_whose_it_is_why_and_what_to_do(
    execution: dict[str, Any], category: str, said: str, advice: str
):
    with scripted() as script:
        script.starts()
        script.says(ended("FAILED", **execution))
        with pytest.raises(AthenaError) as told:
            script.athena().run(ASKED)
    assert told.value.category == category
    assert said in str(told.value)
    assert advice in str(told.value)
    assert bool(advice) == bool(told.value.advice)


def test_what_athena_calls_retryable_is_asked_again_as_another_request():
    failed = ended("FAILED", error={"ErrorCategory": 1, "ErrorMessage": "Internal", "Retryable": True})
    tokens = [ASKED.token("energy-lake-dev-analyst", "energy_lake_dev_curated", attempt) for attempt in range(2)]
    with scripted() as script:
        for token, execution in zip(tokens, (failed, ended()), strict=True):
            script.starts(
                {
                    "QueryString": "SELECT 1",
                    "ClientRequestToken": token,
                    "QueryExecutionContext": {"Database": "energy_lake_dev_curated", "Catalog": "AwsDataCatalog"},
                    "WorkGroup": "energy-lake-dev-analyst",
                }
            )
            script.says(execution)
        assert script.athena().run(ASKED).id == IDENTIFIER


def test_after_three_attempts_the_failure_is_told():
    failed = ended("FAILED", error={"ErrorCategory": 1, "ErrorMessage": "Internal", "Retryable": True})
    with scripted() as script:
        for _ in range(3):
            script.starts()
            script.says(failed)
        with pytest.raises(AthenaError, match="Internal"):
            script.athena().run(ASKED)


def test_a_query_that_somebody_cancelled_on_this_occasion_is_asked_anew():
    with scripted() as script:
        script.starts()
        script.says(ended("CANCELLED", reason="Query cancelled by user"))
        script.starts()
        script.says(ended())
        assert script.athena().run(ASKED).id == IDENTIFIER


def test_a_call_that_is_refused_says_the_code_and_what_to_do():
    with scripted() as script:
        script.stub.add_client_error(
            "start_query_execution", "InvalidRequestException", "Idempotent parameters do not match previous request"
        )
        with pytest.raises(AthenaError, match="InvalidRequestException") as told:
            script.athena().run(ASKED)
    assert "choose another one" in told.value.advice
    assert not told.value.retryable


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ThrottlingException"])
def test_too_many_questions_at_once_are_nobody_s_fault(code: str):
    with scripted() as script:
        script.starts()
        script.stub.add_client_error("get_query_execution", code, "Rate exceeded")
        script.stub.add_response("stop_query_execution", {}, {"QueryExecutionId": IDENTIFIER})
        with pytest.raises(AthenaError) as told:
            script.athena().run(ASKED)
    assert (told.value.category, told.value.retryable) == ("system", True)


def test_an_endpoint_that_is_not_there_is_a_refusal_too():
    told = refusal_of(EndpointConnectionError(endpoint_url="http://127.0.0.1:1"))
    assert "http://127.0.0.1:1" in str(told)


def with_settings(script: Script, **configuration: Any) -> None:
    told = {"WorkGroup": {"Name": "energy-lake-dev-analyst", "Configuration": configuration}}
    script.stub.add_response("get_work_group", told, {"WorkGroup": "energy-lake-dev-analyst"})


def test_an_earlier_answer_is_asked_for_where_the_workgroup_keeps_answers():
    with scripted() as script:
        with_settings(script, ResultConfiguration={"OutputLocation": "s3://r/analyst/"})
        script.starts(
            {
                "QueryString": "SELECT 1",
                "ClientRequestToken": replace(ASKED, reuse_minutes=60).token(
                    "energy-lake-dev-analyst", "energy_lake_dev_curated", 0
                ),
                "QueryExecutionContext": {"Database": "energy_lake_dev_curated", "Catalog": "AwsDataCatalog"},
                "WorkGroup": "energy-lake-dev-analyst",
                "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 60}},
            }
        )
        script.says(ended(ResultReuseInformation={"ReusedPreviousResult": True}))
        assert script.athena().run(replace(ASKED, reuse_minutes=60)).is_reused


def test_a_workgroup_that_manages_results_is_not_asked_for_earlier_ones():
    with scripted() as script:
        with_settings(script, ManagedQueryResultsConfiguration={"Enabled": True})
        script.starts()
        script.says(ended())
        script.athena().run(replace(ASKED, reuse_minutes=60))


def test_what_a_workgroup_decides_is_read_once():
    with scripted() as script:
        with_settings(
            script, BytesScannedCutoffPerQuery=10_485_760, ResultConfiguration={"OutputLocation": "s3://r/a/"}
        )
        athena = script.athena()
        assert (athena.settings.cutoff_bytes, athena.settings.output, athena.settings.manages_results) == (
            10_485_760,
            "s3://r/a/",
            False,
        )
        assert athena.settings is athena.settings


def test_a_workgroup_that_is_not_there_is_told():
    with scripted() as script:
        script.stub.add_client_error("get_work_group", "InvalidRequestException", "WorkGroup is not found.")
        athena = script.athena()
        with pytest.raises(AthenaError, match=r"Athena refused \(InvalidRequestException\): WorkGroup is not found"):
            _ = athena.settings


def test_a_number_that_no_decimal_holds_is_refused_before_anything_is_asked():
    with scripted() as script, pytest.raises(ValueError, match="NaN is no number that a decimal can hold"):
        script.athena().run(Question(sql="SELECT ?", parameters=(Decimal("NaN"),)))
