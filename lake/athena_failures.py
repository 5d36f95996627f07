"""What went wrong with a question to Athena: whose fault it is, whether asking again may help, and what to do.

Categories are Athena's own ("Athena error catalog", Athena User Guide); what to do is found by the words of the reason, because
the numbered types are too coarse to tell a missing column from a missing right.
"""

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["AthenaError", "failure_of", "refusal_of"]

_CATEGORIES = {1: "system", 2: "user", 3: "other"}
_TRANSIENT = {"TooManyRequestsException", "ThrottlingException", "InternalServerException", "ServiceUnavailable"}

_ADVICE = (
    (
        r"bytes scanned limit|scan.*limit.*exceeded",
        "the workgroup stops a query there; name fewer columns or fewer dates",
    ),
    (
        r"lake ?formation|insufficient.*permission",
        "ask an administrator of Lake Formation for a grant on the table or column",
    ),
    (
        r"COLUMN_NOT_FOUND|column .* cannot be resolved",
        "DESCRIBE the table: a column that is not granted is not there either",
    ),
    (
        r"TABLE_NOT_FOUND|table .* does not exist",
        "SHOW TABLES lists what there is; a table that is not granted is not there either",
    ),
    (r"SCHEMA_NOT_FOUND|schema .* does not exist", "name the database with --database, energy_lake_<stack>_curated"),
    (
        r"SYNTAX_ERROR|mismatched input|TYPE_MISMATCH|FUNCTION_NOT_FOUND",
        "mend the question; the folder lake answers the same SQL",
    ),
    (r"DIVISION_BY_ZERO|division by zero", "put NULLIF(…, 0) around what is divided by"),
    (
        r"HIVE_BAD_DATA|HIVE_CURSOR_ERROR|HIVE_INVALID",
        "a file does not fit its table; `lake status --verify` says which",
    ),
    (r"HIVE_CANNOT_OPEN_SPLIT|NoSuchKey", "a file went while it was read, as a run replaced it; ask again"),
    (
        r"kms|AccessDenied|access denied|not authorized",
        "the role lacks a right on the results, their key or the workgroup",
    ),
    (r"exhausted resources|memory limit|EXCEEDED", "ask for less at once: fewer dates, or group before joining"),
    (r"idempotent|client request token", "the occasion was used for another question; choose another one"),
    (r"output location|output bucket", "the workgroup has no place for results; an engineer sets it in the stack"),
    (r"time-?d? ?out", "ask for less at once: fewer dates, or group before joining"),
)


class AthenaError(RuntimeError):
    """Athena did not answer.

    `category` is `user` (the question, or the right to ask it), `system` (Athena itself), `other`, or `here` for what this
    program refused or gave up. `retryable` says whether the same question may be answered when it is asked again.
    """

    def __init__(self, reason: str, *, category: str, advice: str = "", retryable: bool = False) -> None:
        super().__init__(f"{reason}\n{advice}" if advice else reason)
        self.category = category
        self.advice = advice
        self.retryable = retryable


def failure_of(execution: Mapping[str, Any]) -> AthenaError:
    """Of a query execution that ended as FAILED or CANCELLED."""
    status = execution["Status"]
    told = status.get("AthenaError", {})
    reason = told.get("ErrorMessage") or status.get("StateChangeReason") or "no reason was given"
    if status["State"] == "CANCELLED":
        return AthenaError(
            f"the query was cancelled: {reason}", category="other", advice=_advice(reason), retryable=True
        )
    category = _CATEGORIES.get(told.get("ErrorCategory", 3), "other")
    retryable = bool(told.get("Retryable", False))
    advice = _advice(reason) or ("it is Athena's own fault; ask again" if category == "system" or retryable else "")
    return AthenaError(
        f"Athena says ({category} error): {reason}", category=category, advice=advice, retryable=retryable
    )


def refusal_of(error: Exception) -> AthenaError:
    """Of a call that AWS refused: an error of botocore."""
    told = getattr(error, "response", {}).get("Error", {})
    code, reason = told.get("Code", type(error).__name__), told.get("Message") or str(error)
    transient = code in _TRANSIENT
    advice = "too much is asked at once; ask again in a while" if transient else _advice(f"{code} {reason}")
    return AthenaError(
        f"Athena refused ({code}): {reason}",
        category="system" if transient else "user",
        advice=advice,
        retryable=transient,
    )


def _advice(reason: str) -> str:
    return next((advice for pattern, advice in _ADVICE if re.search(pattern, reason, re.IGNORECASE)), "")
