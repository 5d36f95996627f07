"""Trades with their counterparties: every trade stays, strangers are flagged, and a doubled counterparty is no silent fan-out."""

import polars as pl
import pytest
from hypothesis import given

from contracts import CURATED, DELIVERED
from tests.strategies import trade_frame, versions
from tests.transforms.running import few
from transforms.enrich import REPORTING, enriched
from transforms.schema import empty_frame, frame_schema
from transforms.words import texts

CONTRACT = CURATED["transactions"]
SCHEMA = pl.Schema({name: dtype for name, dtype in frame_schema(CONTRACT).items() if name not in REPORTING})
PROVIDERS = trade_frame(
    [
        {"provider_id": "PRV-1", "provider_name": "Uno", "energy_type": "wind", "region": "Norte"},
        {"provider_id": "PRV-2", "provider_name": None, "energy_type": "hydro", "region": None},
    ],
    CURATED["providers"],
)
CLIENTS = trade_frame(
    [
        {"client_id": "CLI-1", "client_type": "commercial", "city": "Cali", "region": "Valle"},
        {"client_id": "CLI-2", "client_type": "other"},
    ],
    CURATED["clients"],
)


def enrich(trades: pl.DataFrame, providers: pl.DataFrame = PROVIDERS, clients: pl.DataFrame = CLIENTS) -> pl.DataFrame:
    """Collected."""
    return texts(enriched(trades, providers, clients, CONTRACT))


@few
@given(versions())
def test_every_trade_stays_once_with_its_own_values(trades):
    found = enrich(trades)
    names = [name for name in DELIVERED["transactions"].column_names if name != "action"]
    by = ["source_row"]
    assert found.select(names).sort(by).equals(trades.select(names).sort(by))
    assert found.schema == SCHEMA


@few
@given(versions())
def test_attributes_are_those_of_the_counterparty_as_a_dictionary_gives_them(trades):
    providers = {row["provider_id"]: row for row in PROVIDERS.to_dicts()}
    clients = {row["client_id"]: row for row in CLIENTS.to_dicts()}
    for row in enrich(trades).to_dicts():
        provider, client = providers.get(row["provider_id"], {}), clients.get(row["client_id"], {})
        assert row["provider_name"] == provider.get("provider_name")
        assert row["provider_energy_type"] == provider.get("energy_type")
        assert row["provider_region"] == provider.get("region")
        assert (row["client_type"], row["client_city"]) == (client.get("client_type"), client.get("city"))
        assert row["client_region"] == client.get("region")
        assert row["is_provider_known"] == (None if row["provider_id"] is None else bool(provider))
        assert row["is_client_known"] == (None if row["client_id"] is None else bool(client))


@few
@given(versions())
def test_without_any_counterparties_all_trades_stay_and_are_strangers(trades):
    found = enrich(trades, empty_frame(CURATED["providers"]), empty_frame(CURATED["clients"]))
    assert found.height == trades.height
    assert not found["is_provider_known"].any()


def test_a_counterparty_that_stands_twice_is_refused_and_does_not_double_trades():
    trades = trade_frame([{"transaction_id": "T1", "provider_id": "PRV-1"}], DELIVERED["transactions"])
    with pytest.raises(pl.exceptions.ComputeError, match="m:1"):
        enrich(trades, pl.concat([PROVIDERS, PROVIDERS]))


def test_no_trades_stay_none_in_the_contracts_schema():
    found = enrich(empty_frame(DELIVERED["transactions"]))
    assert found.is_empty()
    assert found.schema == SCHEMA


@few
@given(versions())
def test_inputs_are_left_as_they_were(trades):
    before = [frame.clone() for frame in (trades, PROVIDERS, CLIENTS)]
    enrich(trades)
    assert all(frame.equals(old) for frame, old in zip((trades, PROVIDERS, CLIENTS), before, strict=True))
