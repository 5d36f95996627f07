"""What every dataset of the lake is: columns, types, units, keys, sensitivity, rules. The one source of truth.

`model.py` has the vocabulary of a contract, one file per delivered dataset has its contract, `curated.py` what is made
of them. `glue_types.py` and `dictionary.py` write contracts in the words of others. Nothing here imports anything but
the standard library, so jobs, components, warehouse and documentation can all read it.
"""

from contracts.clients import CLIENTS
from contracts.curated import (
    CURATED_CLIENTS,
    CURATED_CURVE,
    CURATED_FX_DAILY,
    CURATED_PROVIDERS,
    CURATED_TRANSACTIONS,
    MARKET_DAILY,
)
from contracts.curve import CURVE
from contracts.fx import FX_DAILY
from contracts.marts_market import MARKET_PERIOD, PRICE_BENCHMARKS
from contracts.marts_quality import DATA_QUALITY_DAILY, REJECTIONS_DAILY
from contracts.marts_risk import COUNTERPARTY_EXPOSURE, MARK_TO_MARKET, POSITIONS_DAILY, SETTLEMENT_DAILY
from contracts.marts_trading import MARGIN_DAILY, PORTFOLIO_MIX
from contracts.model import ContractError, Dataset
from contracts.providers import PROVIDERS
from contracts.quarantine import quarantine_of
from contracts.transactions import TRANSACTIONS
from contracts.versions import RESTATEMENTS, TRANSACTIONS_HISTORY

__all__ = ["CURATED", "DELIVERED", "QUARANTINE", "curated", "delivered"]

DELIVERED: dict[str, Dataset] = {
    dataset.name: dataset for dataset in (PROVIDERS, CLIENTS, TRANSACTIONS, FX_DAILY, CURVE)
}
"""What exporters deliver; the contract of the processed zone."""

QUARANTINE: dict[str, Dataset] = {name: quarantine_of(dataset) for name, dataset in DELIVERED.items()}
"""What is kept of rejected rows; the contract of the quarantine zone."""

CURATED: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        CURATED_PROVIDERS,
        CURATED_CLIENTS,
        CURATED_FX_DAILY,
        CURATED_CURVE,
        CURATED_TRANSACTIONS,
        TRANSACTIONS_HISTORY,
        RESTATEMENTS,
        MARKET_DAILY,
        MARKET_PERIOD,
        MARGIN_DAILY,
        PRICE_BENCHMARKS,
        PORTFOLIO_MIX,
        POSITIONS_DAILY,
        COUNTERPARTY_EXPOSURE,
        SETTLEMENT_DAILY,
        MARK_TO_MARKET,
        DATA_QUALITY_DAILY,
        REJECTIONS_DAILY,
    )
}
"""What analysts read; the contract of the curated zone and of the warehouse."""


def delivered(name: str) -> Dataset:
    """The contract of a delivered dataset. Raises `ContractError` naming those there are."""
    return _named(name, DELIVERED, "delivered dataset")


def curated(name: str) -> Dataset:
    """The contract of a curated table. Raises `ContractError` naming those there are."""
    return _named(name, CURATED, "curated table")


def _named(name: str, registry: dict[str, Dataset], what: str) -> Dataset:
    if name not in registry:
        message = f"no {what} is called {name!r}; there are {', '.join(registry)}"
        raise ContractError(message)
    return registry[name]
