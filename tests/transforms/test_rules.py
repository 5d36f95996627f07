"""Every rule of every contract, one at a time: a row that breaks it and no other, and rows at the edge that keep it."""

from dataclasses import replace

import polars as pl
import pytest

from contracts import DELIVERED
from contracts.lines import LINE_RULES
from contracts.model import Severity
from contracts.source import DatasetMapping, FileFormat
from tests.strategies import LINE_FAULTS, SOURCES, Row, delivered, faulty, header_of
from tests.transforms.running import broken_codes, normalised, outcome
from transforms import lines, rules
from transforms.normalise import normalise

SOUND: dict[str, Row] = {
    "providers": {
        "provider_id": "PRV-1",
        "provider_name": "Viento Norte",
        "energy_type": "wind",
        "capacity_mw": "120.5",
        "region": "Aragón",
        "contract_start_date": "2023-01-01",
        "eic_code": "21Z000000000163R",
        "lei": "5493001KJTIIGC8Y1R12",
        "credit_limit": "1000000",
        "credit_currency": "eur",
    },
    "clients": {
        "client_id": "CLI-1",
        "id_type": "NIT",
        "identification": "900.123",
        "client_name": "Panadería Sol",
        "city": "Madrid",
        "client_type": "commercial",
        "region": "Centro",
        "contract_start_date": "2023-01-01",
        "credit_limit": "0",
        "credit_currency": "COP",
    },
    "transactions": {
        "transaction_id": "T1",
        "transaction_date": "2024-05-01 10:00:00",
        "transaction_type": "buy",
        "entity_id": "PRV-1",
        "quantity_kwh": "1500",
        "price_per_kwh": "0.085",
        "energy_type": "wind",
        "total_amount": "127.50",
        "currency": "EUR",
        "action": "N",
    },
    "fx_daily": {
        "date": "2024-05-01",
        "base_currency": "eur",
        "quote_currency": "USD",
        "rate": "1.071200000",
    },
    "curve": {
        "as_of": "2024-05-01",
        "product": "PL",
        "energy_type": None,
        "delivery_start": "2024-06-01 10:00:00",
        "price_per_mwh": "-0.5",
        "currency": "EUR",
    },
}
TOO_LARGE = {"quantity_kwh": "900000000000000", "price_per_kwh": "900000000", "total_amount": None}
_CREDIT_BREAKS: list[tuple[str, Row]] = [
    ("credit_limit_bad_number", {"credit_limit": "a lot"}),
    ("credit_limit_bad_number", {"credit_limit": "10000000000000000"}),
    ("credit_limit_negative", {"credit_limit": "-0.01"}),
    ("credit_currency_unknown", {"credit_currency": "EURO", "credit_limit": None}),
    ("credit_currency_missing", {"credit_currency": " "}),
]

BREAKS: dict[str, list[tuple[str, Row]]] = {
    "providers": [
        ("provider_id_missing", {"provider_id": "n/a"}),
        ("provider_name_missing", {"provider_name": ""}),
        ("energy_type_missing", {"energy_type": None}),
        ("energy_type_unknown", {"energy_type": "plutonium"}),
        ("capacity_bad_number", {"capacity_mw": "1,5"}),
        ("capacity_bad_number", {"capacity_mw": "1000000000000"}),
        ("capacity_negative", {"capacity_mw": "-0.000001"}),
        ("contract_start_bad_date", {"contract_start_date": "2023-02-29"}),
        ("eic_check_failed", {"eic_code": "21Z000000000163S"}),
        ("eic_check_failed", {"eic_code": "21Z"}),
        ("lei_check_failed", {"lei": "5493001KJTIIGC8Y1R21"}),
        *_CREDIT_BREAKS,
    ],
    "clients": [
        ("client_id_missing", {"client_id": " "}),
        ("client_name_missing", {"client_name": "NaN"}),
        ("client_type_missing", {"client_type": "-"}),
        ("client_type_unknown", {"client_type": "household"}),
        ("contract_start_bad_date", {"contract_start_date": "01/13/2023"}),
        ("identification_check_failed", {"identification": "800191045-2"}),
        ("identification_check_failed", {"id_type": "RUC", "identification": "20512333798"}),
        ("identification_check_failed", {"id_type": "dni", "identification": "12345678a"}),
        ("identification_check_failed", {"id_type": "LEI", "identification": "12345678Z"}),
        *_CREDIT_BREAKS,
    ],
    "transactions": [
        ("transaction_id_missing", {"transaction_id": ""}),
        ("transaction_type_missing", {"transaction_type": None}),
        ("transaction_type_unknown", {"transaction_type": "swap"}),
        ("counterparty_missing", {"entity_id": "XYZ-1"}),
        ("counterparty_missing", {"entity_id": None}),
        ("energy_type_missing", {"energy_type": "null"}),
        ("energy_type_unknown", {"energy_type": "windy"}),
        ("delivery_time_missing", {"transaction_date": ""}),
        ("delivery_time_bad_date", {"transaction_date": "yesterday"}),
        ("delivery_time_impossible", {"transaction_date": "2024-03-31 02:30:00"}),
        ("delivery_time_ambiguous", {"transaction_date": "2024-10-27 02:30:00"}),
        ("quantity_missing", {"quantity_kwh": "-"}),
        ("quantity_bad_number", {"quantity_kwh": "1e3"}),
        ("quantity_bad_number", {"quantity_kwh": "9" * 25}),
        ("quantity_too_precise", {"quantity_kwh": "1500.0000000001"}),
        ("quantity_negative", {"quantity_kwh": "-1500", "total_amount": "-127.50"}),
        ("quantity_zero", {"quantity_kwh": "0", "total_amount": "0"}),
        ("price_missing", {"price_per_kwh": ""}),
        ("price_bad_number", {"price_per_kwh": "0,085"}),
        ("price_bad_number", {"price_per_kwh": "9" * 25}),
        ("price_too_precise", {"price_per_kwh": "0.0850000000001"}),
        ("currency_unknown", {"currency": "EURO"}),
        ("amount_too_large", TOO_LARGE),
        ("total_bad_number", {"total_amount": "127.5.0"}),
        ("total_mismatch", {"total_amount": "127.52"}),
        ("total_mismatch", {"total_amount": "99999999999999999999"}),
        ("total_mismatch", {"total_amount": "-127.50"}),
        ("action_unknown", {"action": "undo"}),
    ],
    "fx_daily": [
        ("rate_date_missing", {"date": "-"}),
        ("rate_date_bad_date", {"date": "2024-05-01 10:00:00"}),
        ("base_currency_missing", {"base_currency": None}),
        ("base_currency_unknown", {"base_currency": "EURO"}),
        ("quote_currency_missing", {"quote_currency": ""}),
        ("quote_currency_unknown", {"quote_currency": "$"}),
        ("rate_missing", {"rate": "n/a"}),
        ("rate_bad_number", {"rate": "1,07"}),
        ("rate_bad_number", {"rate": "1000000000"}),
        ("rate_too_precise", {"rate": "1.0712000001"}),
        ("rate_negative", {"rate": "-1"}),
        ("rate_zero", {"rate": "0.0"}),
    ],
    "curve": [
        ("as_of_missing", {"as_of": ""}),
        ("as_of_bad_date", {"as_of": "2024-13-01"}),
        ("product_unknown", {"product": "weekend"}),
        ("energy_type_unknown", {"energy_type": "plasma"}),
        ("delivery_time_missing", {"delivery_start": None}),
        ("delivery_time_bad_date", {"delivery_start": "2024-06-01"}),
        ("delivery_time_impossible", {"delivery_start": "2024-03-31 02:30:00"}),
        ("delivery_time_ambiguous", {"delivery_start": "2024-10-27 02:30:00"}),
        ("price_missing", {"price_per_mwh": "null"}),
        ("price_bad_number", {"price_per_mwh": "1000000000000"}),
        ("price_too_precise", {"price_per_mwh": "50.0000000001"}),
        ("currency_unknown", {"currency": "EURO"}),
    ],
}
_FILLED = {
    "transactions": {"currency_missing", "action_missing"},
    "curve": {"currency_missing", "product_missing", "energy_type_missing"},
}
"""What the standard source has a word for where nothing is delivered; tried with sources that have none."""
CASES = [(dataset, code, change) for dataset, cases in BREAKS.items() for code, change in cases]


@pytest.mark.parametrize("dataset", DELIVERED)
def test_a_sound_row_breaks_no_rule(dataset):
    assert broken_codes(SOUND[dataset], dataset, "standard") == []


@pytest.mark.parametrize(
    ("dataset", "code", "change"), CASES, ids=[f"{d}-{c}-{n}" for n, (d, c, _) in enumerate(CASES)]
)
def test_one_broken_rule_is_told_alone(dataset, code, change):
    assert broken_codes(SOUND[dataset] | change, dataset, "standard") == [code]


def test_a_missing_currency_is_told_where_the_source_has_no_word_for_it():
    row = {"id_transaccion": "T1", "fecha_transaccion": "01/05/2024 10:00", "tipo_transaccion": "COMPRA"}
    row |= {"id_entidad": "prv-1", "cantidad_kwh": "1.500", "precio_por_kwh": "0,085", "tipo_energia": "Eólica"}
    assert broken_codes({**row, "moneda": "cop", "importe_total": "127,5"}, "transactions", "estandar") == []
    assert broken_codes({**row, "moneda": " ", "importe_total": None}, "transactions", "estandar") == [
        "currency_missing"
    ]


@pytest.mark.parametrize(
    ("dataset", "column"),
    [(dataset, code.removesuffix("_missing")) for dataset, codes in _FILLED.items() for code in sorted(codes)],
)
def test_a_missing_value_is_told_where_the_source_has_no_word_for_it(dataset, column):
    given = SOURCES["standard"].dataset(dataset)
    demanding = replace(given.fields[column], when_missing="")
    mapping = replace(given, fields={**given.fields, column: demanding})
    source, contract = replace(SOURCES["standard"], datasets={dataset: mapping}), DELIVERED[dataset]
    row = SOUND[dataset] | ({"energy_type": "wind"} if dataset == "curve" else {})
    rows, header = [row, row | {demanding.columns[0]: " "}], tuple(row)
    frame = normalise(delivered(rows, header), contract, source, header)
    told = frame.select(rules.reasons(contract, pl.col(rules.BROKEN))).collect().to_series().to_list()
    assert told == [[], [f"{column}_missing"]]


@pytest.mark.parametrize(
    ("source", "written", "meant"),
    [
        ("standard", None, "new"),
        ("standard", " m ", "amend"),
        ("standard", "Cancel", "cancel"),
        ("standard", "E", "cancel"),
        ("estandar", "ANULACIÓN", "cancel"),
        ("estandar", "", "new"),
    ],
)
def test_an_action_has_the_meaning_that_the_source_gives_it_and_none_is_new(source, written, meant):
    header = header_of("transactions", SOURCES[source])
    column = SOURCES[source].dataset("transactions").fields["action"].columns[0]
    rows = [dict.fromkeys(header, "x") | {column: written}]
    assert normalised(rows, "transactions", source)["action"].to_list() == [meant]


@pytest.mark.parametrize("source", SOURCES)
def test_a_file_without_an_action_delivers_new_trades(source):
    mapping = SOURCES[source].dataset("transactions")
    header = mapping.wanted_columns
    contract = DELIVERED["transactions"]
    frame = normalise(delivered([dict.fromkeys(header, "x")], header), contract, SOURCES[source], header)
    assert frame.select("action").collect()["action"].to_list() == ["new"]


@pytest.mark.parametrize("dataset", DELIVERED)
def test_no_rule_of_a_contract_is_left_untried(dataset):
    tried = {code for code, _ in BREAKS[dataset]} | {rule.code for rule in LINE_RULES}
    tried |= _FILLED.get(dataset, set())
    assert tried == {rule.code for rule in DELIVERED[dataset].rules}


@pytest.mark.parametrize("dataset", DELIVERED)
@pytest.mark.parametrize("fault", LINE_FAULTS)
def test_a_line_that_is_no_record_has_that_reason_and_no_other(fault, dataset):
    assert broken_codes(faulty(fault, dataset, SOURCES["standard"]), dataset, "standard") == [f"line_{fault}"]


def test_all_reasons_are_told_at_once_and_warnings_are_not_among_them():
    row = SOUND["transactions"] | {"entity_id": "?", "quantity_kwh": "x", "transaction_type": None, "currency": "zzz"}
    zero = SOUND["transactions"] | {"quantity_kwh": "0", "total_amount": "5", "energy_type": "?"}
    rejected = outcome([row, zero], "transactions", "standard").rejected
    assert rejected["reasons"].to_list() == [
        ["transaction_type_missing", "counterparty_missing", "quantity_bad_number", "currency_unknown"],
        ["energy_type_unknown", "total_mismatch"],
    ]


@pytest.mark.parametrize("total", ["127.49", "127.50", "127.51", None, ""])
def test_a_total_within_one_minor_unit_or_none_at_all_is_kept(total):
    assert broken_codes(SOUND["transactions"] | {"total_amount": total}, "transactions", "standard") == []


@pytest.mark.parametrize("price", ["-0.5", "0", "-999999999.999"])
def test_negative_and_zero_prices_are_legal(price):
    row = SOUND["transactions"] | {"price_per_kwh": price, "total_amount": None}
    assert broken_codes(row, "transactions", "standard") == []


@pytest.mark.parametrize("dataset", DELIVERED)
def test_a_row_of_nulls_is_rejected_and_never_slips_through_a_null_verdict(dataset):
    empty: Row = dict.fromkeys(SOUND[dataset], " ")
    found = outcome([empty], dataset, "standard")
    assert (found.valid.height, found.rejected.height) == (0, 1)


def mapping(**severities: Severity) -> DatasetMapping:
    """Standard transactions with other severities."""
    given = SOURCES["standard"].dataset("transactions")
    return DatasetMapping(dataset="transactions", fields=given.fields, severities=severities)


def test_a_rule_that_is_off_never_sets_its_bit_and_a_warning_does():
    contract = DELIVERED["transactions"]
    columns = {
        **{rules.TEXT + c.name: ["0"] for c in contract.columns},
        **{c.name: [None] for c in contract.columns},
        "quantity_mwh": [0],
    }
    frame = pl.DataFrame(columns).with_columns(
        pl.lit(None, pl.UInt8).alias(rules.FAULT),
        pl.lit(None, pl.Decimal(38, 12)).alias(rules.DELIVERED_TOTAL),
        pl.lit(None, pl.Datetime).alias("_naive"),
        pl.lit(value=False).alias("_ambiguous"),
        *(pl.lit(None, pl.Decimal(18, 6)).alias(name) for name in ("price_per_mwh", "amount")),
    )
    bit = 1 << [rule.code for rule in contract.rules].index("quantity_zero")
    for severity, expected in ((Severity.OFF, 0), (Severity.WARN, bit), (Severity.REJECT, bit)):
        chosen = mapping(quantity_zero=severity)
        mask = frame.select(rules.broken_mask(contract, chosen, FileFormat())).item()
        assert mask & bit == expected
        assert rules.severity_mask(contract, chosen, severity) & bit == bit


IDENTIFIED = [
    ("NIT", "800191045-1"),
    ("NIT", "800191045"),  # no check digit, nothing to check
    ("dni", " 12345678z "),
    ("DNI", "12345678"),  # Peru's
    ("CC", "1"),  # a kind without a check
    ("EIC", "10YES-REE------0"),
    (None, "800191045-2"),
    ("NIT", None),
]


@pytest.mark.parametrize(("kind", "number"), IDENTIFIED)
def test_a_number_that_is_right_or_cannot_be_told_to_be_wrong_is_no_reason_to_warn(kind, number):
    row = SOUND["clients"] | {"id_type": kind, "identification": number}
    assert broken_codes(row, "clients", "standard") == []


def test_a_wrong_identifier_is_kept_with_a_warning_and_a_limit_without_a_currency_too():
    row = SOUND["providers"] | {"lei": "x", "eic_code": "x", "credit_currency": None}
    found = outcome([row], "providers", "standard")
    assert (found.valid.height, found.rejected.height) == (1, 0)
    assert found.valid.select("lei", "eic_code", "credit_limit").row(0) == ("X", "X", 1_000_000)


def test_a_source_decides_what_a_zero_quantity_is():
    contract = DELIVERED["transactions"]
    assert rules.severities(contract, mapping())["quantity_zero"] is Severity.WARN
    assert rules.severities(contract, SOURCES["aemo_nem"].dataset("transactions"))["quantity_zero"] is Severity.OFF


def test_the_mask_becomes_codes_in_the_order_of_the_contract():
    contract = DELIVERED["transactions"]
    frame = pl.DataFrame({"m": [0, 0b101, 1 << (len(contract.rules) - 1)]}, schema={"m": pl.UInt64})
    first, third, last = (contract.rules[k].code for k in (0, 2, -1))
    assert frame.select(rules.reasons(contract, pl.col("m"))).to_series().to_list() == [[], [first, third], [last]]


def test_the_rules_of_every_contract_fit_the_mask():
    assert all(len(contract.rules) <= 64 for contract in DELIVERED.values())
    assert tuple(rule.check.fault for rule in LINE_RULES) == lines.FAULTS
