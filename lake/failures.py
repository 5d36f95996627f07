"""What a command does with an error: what a user can mend becomes one message on the error stream and exit status 2.

A fault of the program itself still ends in a traceback, because that is what whoever mends it needs.
"""

import io
import sys
from typing import Any

import polars as pl
import typer
from typer.core import TyperGroup

from contracts.model import ContractError
from contracts.source import SourceError
from jobs.compacted import LayoutError
from jobs.deliver import DeliveryError
from jobs.engine import EngineError
from jobs.ledger import LedgerImbalanceError
from jobs.locking import LakeBusyError
from lake.console import complain
from warehouse.plan import LoadError
from warehouse.sql import DdlError

__all__ = ["Commands", "NoLakeError"]


class NoLakeError(ValueError):
    """What the user named as lake, or wants emptied, is something else."""


_MENDABLE = (
    ContractError,
    SourceError,
    DeliveryError,
    EngineError,
    LedgerImbalanceError,
    LayoutError,
    LakeBusyError,
    NoLakeError,
    LoadError,
    DdlError,
    OSError,
    pl.exceptions.PolarsError,
)


class Commands(TyperGroup):
    """The group of all commands, which turns errors into messages for everything below it."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer does not export the class of its contexts
        """Runs a command. An error that a user can mend ends it with status 2."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal without these letters shows ? and goes on
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # whoever read the answer has seen enough; the command line knows how to end quietly
        except _MENDABLE as error:
            complain("error", _sentence(error))
            raise typer.Exit(2) from error
        except (ValueError, KeyError, TypeError) as error:
            damages = _damaged_books(ctx.params.get("lake"))
            if not damages:
                raise
            for damage in damages:
                complain("error", damage)
            raise typer.Exit(2) from error
        except Exception as error:
            if not type(error).__module__.startswith("botocore"):
                raise
            complain("error", f"AWS says: {error}")
            raise typer.Exit(2) from error


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, pl.exceptions.PolarsError):
        return f"a file of the lake cannot be read ({error}); `lake status --verify` says which"
    return str(error)


def _damaged_books(root: str | None) -> list[str]:
    """Where the ledger was damaged, reading it fails in many ways; this looks for the entries that are none any more."""
    from jobs.zones import Zones
    from lake.verify import unreadable_entries

    return unreadable_entries(Zones.under(root)) if root else []
