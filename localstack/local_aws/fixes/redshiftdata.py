"""The Redshift Data API: times are numbers, and a statement finishes. It runs nothing: that is the work of `local_aws/sql/`."""

import time
from typing import Any

from moto.redshiftdata.models import Statement

from local_aws.fixes import patching

__all__ = ["install"]


def install() -> None:
    """Changes moto's Redshift Data API."""
    patching.wrap(Statement, "__init__", _finished)


def _finished(original: Any, statement: Statement, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - moto's own constructor
    """AWS gives times as numbers and statements an end. moto gives texts, and statements that stay STARTED."""
    original(statement, *args, **kwargs)
    vars(statement).update(created_at=time.time(), updated_at=time.time(), status="FINISHED")
