"""Identifiers: known codes, what each scheme guarantees to find, and both computations against each other.

The codes are published ones: ENTSO-E's and ENTSOG's EICs, GLEIF's LEIs, tax numbers that firms print on their invoices.
"""

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms import identifiers, identifiers_explained

VALID = {
    "EIC": (
        "10YFR-RTE------C",
        "10YES-REE------0",
        "10YPT-REN------W",
        "10Y1001A1001A83F",
        "10YGB----------A",
        "10YNL----------L",
        "10YBE----------2",
        "21Z000000000163R",
    ),
    "LEI": ("5493001KJTIIGC8Y1R12", "529900T8BM49AURSDO55"),
    "NIT": ("800191045-1", "8001910451", "899.999.068-1", "860002964-4"),
    "RUC": ("20512333797", "20100047218", "20131312955"),
    "NIF": ("12345678Z", "54362315K", "X2482300W", "M1234567L", "B64717838", "B58378431"),
    "NIE": ("X2482300W",),
}
MALFORMED = {
    "EIC": ("", "10YFR-RTE------", "10YFR-RTE------CC", "10yfr-rte------c", "10QFR-RTE------C", "10YFR_RTE------C"),
    "LEI": ("", "5493001KJTIIGC8Y1R1", "5493001KJTIIGC8Y1RAB", "5493001kjtiigc8y1r12", "5493001KJTIIGC8Y1R99"),
    "NIT": ("", "-1", "800191045-", "800.19.1045-1", "ABC-1", "1234567890123456-1", "800191045-1\n", "٨٠٠191045-1"),
    "RUC": ("", "2051233379", "205123337970", "30512333797", "2051233379X"),
    "NIF": ("", "12345678", "1234567Z", "I1234567A", "12345678z", "B6471783", "X123456789"),
}
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
_DIGITS = "0123456789"


def _verdicts(scheme: str, codes: list[str | None]) -> list[bool | None]:
    frame = pl.LazyFrame({"code": codes}, schema={"code": pl.String})
    return frame.select(identifiers.SCHEMES[scheme](pl.col("code"))).collect().to_series().to_list()


def _is_valid(scheme: str, code: str) -> bool | None:
    return _verdicts(scheme, [code])[0]


def _completed(scheme: str, body: str, endings: Sequence[str]) -> str:
    """The body with the first of these endings that makes it valid."""
    return next(body + end for end in endings if identifiers_explained.FAULTS[scheme](body + end) is None)


_TWO_DIGITS = [f"{check:02d}" for check in range(2, 99)]
_LETTERS = _ALPHABET[10:36]

eic_bodies = st.from_regex("[0-9A-Z]{2}[ATVWXYZ][0-9A-Z-]{12}", fullmatch=True).filter(
    lambda body: any(identifiers_explained.eic_fault(body + end) is None for end in _ALPHABET[:36])
)
"""Without those whose check character would be the hyphen: offices do not give them out."""
eics = eic_bodies.map(lambda body: _completed("EIC", body, _ALPHABET[:36]))
leis = st.text(_ALPHABET[:36], min_size=18, max_size=18).map(lambda body: _completed("LEI", body, _TWO_DIGITS))
nits = st.from_regex("[0-9]{1,15}-", fullmatch=True).map(lambda body: _completed("NIT", body, _DIGITS))
rucs = st.from_regex("(10|15|16|17|20)[0-9]{8}", fullmatch=True).map(lambda b: _completed("RUC", b, _DIGITS))
nifs = st.one_of(
    st.from_regex("[0-9XYZKLM][0-9]{7}", fullmatch=True).map(lambda b: _completed("NIF", b, _LETTERS)),
    st.from_regex("[ABCDEFGHJNPQRSUVW][0-9]{7}", fullmatch=True).map(lambda b: _completed("NIF", b, _DIGITS)),
)


@pytest.mark.parametrize(("scheme", "code"), [(scheme, code) for scheme, codes in VALID.items() for code in codes])
def test_published_codes_are_valid(scheme: str, code: str):
    assert _is_valid(scheme, code) is True
    assert identifiers_explained.FAULTS[scheme](code) is None


@pytest.mark.parametrize(("scheme", "code"), [(scheme, code) for scheme, codes in MALFORMED.items() for code in codes])
def test_what_has_not_the_form_is_invalid_and_told_the_form(scheme: str, code: str):
    assert _is_valid(scheme, code) is False
    assert "has not the form of one" in (identifiers_explained.FAULTS[scheme](code) or "")


@pytest.mark.parametrize("scheme", identifiers.SCHEMES)
def test_null_is_null_and_an_empty_frame_stays_one(scheme: str):
    assert _verdicts(scheme, [None]) == [None]
    assert _verdicts(scheme, []) == []


@pytest.mark.parametrize("code", ["800191045", "1020304050", "1", "900.123.456", "123456789012345"])
def test_a_nit_without_a_check_digit_is_neither_valid_nor_invalid(code: str):
    assert _is_valid("NIT", code) is None
    assert identifiers_explained.nit_fault(code) is None


def test_a_message_names_the_code_what_it_ends_in_and_what_was_expected():
    message = identifiers_explained.eic_fault("10YFR-RTE------D")
    assert message == "EIC '10YFR-RTE------D' ends in D, but its other characters ask for C: one of them is wrong"


def _slips(code: str, alphabet: str) -> list[str]:
    """The code with any one character taken for another of the alphabet."""
    return [code[:i] + c + code[i + 1 :] for i in range(len(code)) for c in alphabet if c != code[i]]


@settings(max_examples=50)
@given(code=eics)
def test_an_eic_finds_every_wrong_character_and_every_exchange_of_neighbours(code: str):
    assert _is_valid("EIC", code) is True
    swapped = [code[:i] + code[i + 1] + code[i] + code[i + 2 :] for i in range(15) if code[i] != code[i + 1]]
    assert not any(_verdicts("EIC", [*_slips(code, _ALPHABET), *swapped]))


@given(code=leis)
def test_an_lei_finds_every_digit_for_a_digit_and_every_letter_for_a_letter(code: str):
    assert _is_valid("LEI", code) is True
    like = {True: _DIGITS, False: _LETTERS}
    slips = [code[:i] + c + code[i + 1 :] for i in range(20) for c in like[code[i].isdigit()] if c != code[i]]
    assert not any(_verdicts("LEI", [*slips]))


def _rest(code: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(code, weights, strict=True)) % 11


@given(code=nits)
def test_a_nit_finds_every_wrong_digit_but_where_two_remainders_share_a_check(code: str):
    base = code.index("-")
    weights = identifiers.NIT_WEIGHTS[:base][::-1]
    slips = [s for s in _slips(code, _DIGITS) if s[base] == "-"]
    for slip, good in zip(slips, _verdicts("NIT", [*slips]), strict=True):
        is_twin = {_rest(code[:base], weights), _rest(slip[:base], weights)} == {1, 10} and slip[-1] == code[-1]
        assert good is is_twin, slip


@given(code=rucs)
def test_a_ruc_finds_every_wrong_digit_but_where_two_remainders_share_a_check(code: str):
    slips = [slip for slip in _slips(code, _DIGITS) if slip[:2] in {"10", "15", "16", "17", "20"}]
    for slip, good in zip(slips, _verdicts("RUC", [*slips]), strict=True):
        rests = {_rest(code[:10], identifiers.RUC_WEIGHTS), _rest(slip[:10], identifiers.RUC_WEIGHTS)}
        assert good is (rests == {0, 10} and slip[-1] == code[-1]), slip


@given(code=nifs)
def test_a_nif_finds_every_wrong_digit(code: str):
    assert _is_valid("NIF", code) is True
    slips = [code[:i] + c + code[i + 1 :] for i in range(1, 8) for c in _DIGITS if c != code[i]]
    assert not any(_verdicts("NIF", [*slips]))


_any_code = st.one_of(
    st.text(max_size=20),
    st.text(_ALPHABET + ".", min_size=8, max_size=20),
    eics,
    leis,
    nits,
    rucs,
    nifs,
    st.from_regex(r"[89][0-9]{9}|[0-9]{1,3}(\.[0-9]{3}){2}-[0-9]|[A-W][0-9]{7}[A-J]", fullmatch=True),
)


@settings(max_examples=50)
@given(codes=st.lists(_any_code, max_size=30))
def test_the_expression_is_false_just_where_the_function_has_a_fault_to_tell(codes: list[str]):
    for scheme, fault in identifiers_explained.FAULTS.items():
        assert [good is False for good in _verdicts(scheme, [*codes])] == [fault(code) is not None for code in codes]


def test_every_scheme_has_both_computations():
    assert identifiers_explained.FAULTS.keys() == identifiers.SCHEMES.keys()


def test_the_number_of_a_document_is_checked_by_its_kind():
    rows: list[tuple[str | None, str | None, bool | None]] = [
        ("12345678Z", "DNI", True),
        ("12345678A", "DNI", False),
        ("12345678", "DNI", None),  # Peru's, which has no check
        ("X2482300W", "NIE", True),
        ("B64717839", "NIF", False),
        ("800191045-1", "NIT", True),
        ("800191045-2", "NIT", False),
        ("800191045", "NIT", None),
        ("20512333797", "RUC", True),
        ("anything", "CC", None),
        ("anything", None, None),
        (None, "NIT", None),
    ]
    frame = pl.LazyFrame(rows, schema=["number", "kind", "expected"], orient="row")
    got = frame.select(identifiers.number_is_valid(pl.col("number"), pl.col("kind"))).collect().to_series().to_list()
    assert got == [expected for *_, expected in rows]
