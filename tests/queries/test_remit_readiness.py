"""What REMIT would refuse: each field by a trade that has nothing else wrong, and check characters counted a second time."""

from datetime import datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.jobs.deliveries import examples
from tests.queries.lake import answer, lake_of, trade
from transforms.identifiers import eic_is_valid, lei_is_valid

LEI, EIC = "5493001KJTIIGC8Y1R12", "10YES-REE------0"
FRACTION = datetime(2026, 1, 2, 10, 0, 0, 500_000)  # noqa: DTZ001 - UTC by contract, stored without a zone


def bought(identifier: str = "T-1", mwh: str = "1", price: str = "50", **more: Any) -> dict[str, Any]:
    """A purchase from provider `p`."""
    return trade(
        identifier, "buy", mwh, price, provider_id="p", counterparty_id="p", counterparty_kind="provider", **more
    )


def sold(client_type: str | None) -> dict[str, Any]:
    """A sale to client `c`."""
    return trade(
        "T-1", "sell", "1", "1", client_id="c", counterparty_id="c", counterparty_kind="client", client_type=client_type
    )


def asked(trades: list[dict[str, Any]], **tables: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Trade, missing fields and malformed fields, as the query answers."""
    rows = answer(lake_of({"transactions": trades, **tables}), "remit_readiness")
    return [(row["transaction_id"], row["missing_fields"], row["malformed_fields"]) for row in rows]


def mistyped(codes: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of codes, each in the column of a provider of its own with one purchase, those that the query calls malformed."""
    providers = [{"provider_id": f"P{n}", column: code} for n, (column, code) in enumerate(codes)]
    trades = [
        trade(f"T{n}", "buy", "1", "1", provider_id=f"P{n}", counterparty_id=f"P{n}", counterparty_kind="provider")
        for n in range(len(codes))
    ]
    found = asked(trades, providers=providers)
    return {codes[int(identifier[1:])] for identifier, _, malformed in found if malformed == "4"}


@pytest.mark.parametrize(
    ("made", "malformed"),
    [
        (bought(), ""),
        (bought("A b_C-9"), ""),
        (bought("T:1"), "31"),
        (bought("Ñ1"), "31"),
        (bought(" T1"), "31"),
        (bought("T" * 100), ""),
        (bought("T" * 101), "31"),
        (bought(price="-50.12345"), ""),
        (bought(price="50.123456"), "35"),
        (bought(currency="GBP"), ""),
        (bought(currency="COP"), "37, 39"),
        (bought(mwh="0.00001"), ""),
        (bought(mwh="0.000001"), "41"),
        (bought(mwh="0"), "41"),
        (bought(delivery_start=FRACTION), "54"),
        (bought(delivery_end=FRACTION), "54"),
        (bought("T:1", "0", "0.000001", currency="MXN"), "31, 35, 37, 39, 41"),
    ],
)
def test_a_field_that_is_not_in_acers_form_is_told_by_its_number(made, malformed):
    found = asked([made], providers=[{"provider_id": "p", "lei": LEI}])
    assert found == ([(made["transaction_id"], "", malformed)] if malformed else [])


@pytest.mark.parametrize(
    ("provider", "missing", "malformed"),
    [
        ([], "4, 5", ""),
        ([{"provider_id": "p"}], "4, 5", ""),
        ([{"provider_id": "p", "lei": LEI}], "", ""),
        ([{"provider_id": "p", "eic_code": EIC}], "", ""),
        ([{"provider_id": "p", "lei": LEI[:-2] + "21"}], "", "4"),
        ([{"provider_id": "p", "lei": LEI[:-2] + "21", "eic_code": EIC}], "", ""),
        ([{"provider_id": "p", "eic_code": EIC[:-1] + "1"}], "", "4"),
        ([{"provider_id": "p", "eic_code": "X"}], "", "4"),
    ],
)
def test_the_other_party_needs_one_code_that_is_right(provider, missing, malformed):
    expected = [("T-1", missing, malformed)] if missing or malformed else []
    assert asked([bought()], providers=provider) == expected


@pytest.mark.parametrize(
    ("id_type", "number", "missing", "malformed"),
    [
        ("NIT", "800191045-1", "4, 5", ""),
        ("LEI", LEI, "", ""),
        ("LEI", EIC, "", "4"),
        ("ACE", "A0000001X.ES", "", ""),
        ("ACE", "A0000001XES", "", "4"),
        ("BIC", "BSCHESMMXXX", "", ""),
        ("GLN", "4006381333931", "", ""),
        ("GLN", "400638133393", "", "4"),
    ],
)
def test_a_client_has_the_code_that_its_identity_is(id_type, number, missing, malformed):
    clients = [{"client_id": "c", "id_type": id_type, "identification": number}]
    expected = [("T-1", missing, malformed)] if missing or malformed else []
    assert asked([sold("industrial")], clients=clients) == expected


def test_supplies_to_homes_and_shops_are_not_reported_and_those_to_strangers_are():
    assert asked([sold("residential")]) == asked([sold("commercial")]) == []
    assert asked([sold(None)]) == [("T-1", "4, 5", "")]


def check_of(body: str) -> int:
    """The check digits that make an LEI of the body."""
    return 98 - int("".join(str(int(letter, 36)) for letter in body) + "00") % 97


def test_check_digits_that_no_lei_has_are_wrong_though_they_leave_the_same_rest():
    bodies = [f"ABCDEFGHIJKLMNOPQ{last}" for last in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    bodies += [f"{first}{'Z' * 17}" for first in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    same = {2: "99", 97: "00", 98: "01"}
    codes = [f"{body}{check_of(body):02d}" for body in bodies]
    wrong = [body + same[check_of(body)] for body in bodies if check_of(body) in same]
    assert wrong
    assert mistyped([("lei", code) for code in [*codes, *wrong]]) == {("lei", code) for code in wrong}


_LEIS = st.tuples(st.text("0123456789ABCXYZ", min_size=18, max_size=18), st.integers(0, 99)).map(
    lambda parts: f"{parts[0]}{parts[1]:02d}"
)
_RIGHT_LEIS = st.text("0123456789ABCXYZ", min_size=18, max_size=18).map(lambda body: f"{body}{check_of(body):02d}")
_EICS = st.from_regex("[0-9]{2}[XYZTWV][0-9A-Z-]{12}[0-9A-Z-]", fullmatch=True)
_CODE = _LEIS | _RIGHT_LEIS | _EICS | st.sampled_from([LEI, EIC, "", "ß" * 20, LEI.lower()])
_CODES = st.lists(_CODE, max_size=3) | st.lists(_CODE, min_size=20, max_size=60)
"""Right ones, wrong ones, those of the other scheme, and none at all."""


@settings(max_examples=examples(15))  # an example costs its lake and its query, however many codes it holds
@given(_CODES, _CODES)
def test_the_check_characters_counted_in_sql_are_those_counted_in_polars(leis, eics):
    codes = [("lei", code) for code in leis] + [("eic_code", code) for code in eics]
    frame = pl.DataFrame(codes, schema={"column": pl.String, "code": pl.String}, orient="row")
    is_right = (
        pl.when(pl.col("column") == "lei").then(lei_is_valid(pl.col("code"))).otherwise(eic_is_valid(pl.col("code")))
    )
    right = frame.select(is_right).to_series().to_list()
    assert mistyped(codes) == {code for code, verdict in zip(codes, right, strict=True) if not verdict}
