"""Each slip in a source file is refused when it is read, with the file, the key, the value and what is allowed."""

import tomllib

import pytest

from contracts import DELIVERED
from contracts.complaints import texts
from contracts.model import Severity
from contracts.source import Marks, RepeatedHour, SourceError
from contracts.source_reader import read_source
from tests.contracts.standard_source import ABSENT, FOLDER, STAMP, changed, refusal
from tests.strategies import SOURCES

MWH = "transactions.columns.quantity_mwh"
FILE, COLUMNS = "file", "transactions: columns"
ENERGY = "providers.columns.energy_type"

WORD_FOR_WORD = [
    ("time.zone", "Madrid", "time.zone is 'Madrid'; allowed is an IANA time zone such as Europe/Madrid or Etc/GMT-10"),
    ("time.zone", ABSENT, "time.zone is None; allowed is an IANA time zone such as Europe/Madrid or Etc/GMT-10"),
    ("time.repeated_hour", "first", "time.repeated_hour is 'first'; allowed is earliest or latest or reject"),
    ("time.zoen", "x", "time: unknown zoen; allowed are repeated_hour, zone"),
    (
        "trades.columns",
        {},
        "unknown trades; allowed are clients, curve, description, file, fx_daily, providers, spellings, time, transactions",
    ),
    ("file", [], "file is []; allowed is a table"),
    ("file.delimiter", ";;", f"{FILE}.delimiter is ';;'; allowed is one ASCII character"),
    ("file.delimiter", "", f"{FILE}.delimiter is ''; allowed is one ASCII character"),
    ("file.delimiter", 1, f"{FILE}.delimiter is 1; allowed is a text in quotes"),
    ("file.quote", "«", f"{FILE}.quote is '«'; allowed is one ASCII character"),
    ("file.quote", ",", f"{FILE}.quote is ','; allowed is another character than the delimiter"),
    ("file.encoding", "utf-16", f"{FILE}.encoding is 'utf-16'; allowed is utf-8 or latin-1"),
    ("file.preamble_lines", -1, f"{FILE}.preamble_lines is -1; allowed is a whole number, 0 or more"),
    ("file.preamble_lines", True, f"{FILE}.preamble_lines is True; allowed is a whole number, 0 or more"),
    ("file.decimal_mark", "'", f"{FILE}.decimal_mark is \"'\"; allowed is '.' or ',', other than thousands_mark"),
    ("file.thousands_mark", ".", f"{FILE}.decimal_mark is '.'; allowed is '.' or ',', other than thousands_mark"),
    ("file.nulls", "NA", f"{FILE}.nulls is 'NA'; allowed is a list of texts"),
    ("file.nulls", [0], f"{FILE}.nulls is [0]; allowed is a list of texts"),
    ("spellings.energy_type.wind", "wind", "spellings.energy_type.wind is 'wind'; allowed is a list of texts"),
    (
        "spellings.energy_type.sun",
        ["WIND"],
        "spellings.energy_type.sun is 'WIND'; allowed is once only; it also spells 'wind'",
    ),
    (
        "transactions.columns.prize",
        {"column": "p"},
        f"{COLUMNS}.prize: transactions has no column 'prize'; it has {', '.join(DELIVERED['transactions'].column_names)}",
    ),
    (
        "transactions.columns.provider_id",
        "entity_id",
        f"{COLUMNS}.provider_id is 'entity_id'; allowed is a table such as {{ column = \"header\" }}",
    ),
    (
        "transactions.columns.date",
        {"column": "d"},
        f"{COLUMNS}.date is {{'column': 'd'}}; allowed is nothing: the lake itself fills this column",
    ),
    (
        "transactions.columns.source_row",
        {"column": "d"},
        f"{COLUMNS}.source_row is {{'column': 'd'}}; allowed is nothing: the lake itself fills this column",
    ),
    (
        f"{MWH}.column",
        ABSENT,
        f"{COLUMNS}.quantity_mwh is {{'unit': 'kWh'}}; allowed is one of `column`, `columns`, `constant`",
    ),
    (
        f"{MWH}.constant",
        "5",
        (
            f"{COLUMNS}.quantity_mwh is {{'column': 'quantity_kwh', 'unit': 'kWh', 'constant': '5'}}"
            "; allowed is one of `column`, `columns`, `constant`"
        ),
    ),
    (
        f"{MWH}.columns",
        "kwh",
        (
            f"{COLUMNS}.quantity_mwh is {{'column': 'quantity_kwh', 'unit': 'kWh', 'columns': 'kwh'}}"
            "; allowed is one of `column`, `columns`, `constant`"
        ),
    ),
    (f"{MWH}.upper", "yes", f"{COLUMNS}.quantity_mwh.upper is 'yes'; allowed is true or false"),
    (f"{MWH}.unit", "MJ", f"{COLUMNS}.quantity_mwh.unit is 'MJ'; allowed is kWh or MWh or GWh or therm or GJ or MW"),
    (f"{MWH}.unit", ABSENT, f"{COLUMNS}.quantity_mwh.unit is ''; allowed is kWh or MWh or GWh or therm or GJ or MW"),
    (
        "providers.columns.capacity_mw.unit",
        "kW",
        "providers: columns.capacity_mw.unit is 'kW'; allowed is none: it is not converted",
    ),
    (
        f"{STAMP}.period",
        "60",
        f"{COLUMNS}.delivery_start.period is '60'; allowed is a length such as 5m, 1h, 1d, 1mo or 1y",
    ),
    (
        f"{STAMP}.period",
        "10000m",
        f"{COLUMNS}.delivery_start.period is '10000m'; allowed is a length such as 5m, 1h, 1d, 1mo or 1y",
    ),
    (
        f"{STAMP}.formats",
        [],
        f"{COLUMNS}.delivery_start.formats is []; allowed is at least one format such as %Y-%m-%d %H:%M:%S",
    ),
    (f"{STAMP}.formats", "%F %T", f"{COLUMNS}.delivery_start.formats is '%F %T'; allowed is a list of texts"),
    (f"{STAMP}.marks", "middle", f"{COLUMNS}.delivery_start.marks is 'middle'; allowed is start or end or last_day"),
    (
        "providers.columns.contract_start_date.formats",
        ABSENT,
        "providers: columns.contract_start_date.formats is []; allowed is at least one format such as %Y-%m-%d",
    ),
    (
        f"{ENERGY}.spellings",
        "energies",
        (
            "providers: columns.energy_type.spellings is 'energies'"
            "; allowed is one of the tables under [spellings]: transaction_type, energy_type, client_type, action, product"
        ),
    ),
    (
        f"{ENERGY}.when_missing",
        "sun",
        (
            f"providers: columns.energy_type is 'sun'"
            f"; allowed is one of {', '.join(DELIVERED['providers'].column('energy_type').allowed)}"
        ),
    ),
    (
        f"{ENERGY}.wenn",
        "x",
        (
            "providers: columns.energy_type: unknown wenn"
            "; allowed are column, columns, constant, formats, join, "
            "marks, optional, period, spellings, unit, upper, when, when_missing"
        ),
    ),
    (
        "transactions.columns.provider_id.when",
        "^PRV(",
        (
            f"{COLUMNS}.provider_id.when is '^PRV('"
            "; allowed is a regular expression (missing ), unterminated subpattern at position 4)"
        ),
    ),
    ("transactions.ignored_columns", "note", "transactions: ignored_columns is 'note'; allowed is a list of texts"),
    ("transactions.reject_limit", 20, "transactions: reject_limit is 20; allowed is a share between 0 and 1"),
    ("transactions.reject_limit", True, "transactions: reject_limit is True; allowed is a share between 0 and 1"),
    (
        "transactions.severity.quantity_zero",
        "ignore",
        "transactions: severity.quantity_zero is 'ignore'; allowed is reject or warn or off",
    ),
    (
        "transactions.severity.line_nul_byte",
        "off",
        "transactions: severity.line_nul_byte is 'off'; allowed is reject: what is no record has no values to keep",
    ),
    (
        "transactions.severity.quantity_missing",
        "warn",
        "transactions: severity.quantity_missing is 'warn'; allowed is reject: quantity_mwh must not be null",
    ),
    (
        "transactions.severity.delivery_time_ambiguous",
        "off",
        "transactions: severity.delivery_time_ambiguous is 'off'; allowed is reject: delivery_start must not be null",
    ),
    (
        "transactions.severity.amount_too_large",
        "warn",
        "transactions: severity.amount_too_large is 'warn'; allowed is reject: amount must not be null",
    ),
]


@pytest.mark.parametrize(
    ("path", "value", "message"), WORD_FOR_WORD, ids=[f"{path}-{n}" for n, (path, *_) in enumerate(WORD_FOR_WORD)]
)
def test_a_slip_is_refused_with_the_key_the_value_and_what_is_allowed(path, value, message):
    assert refusal(path, value) == f"sources/mine.toml: {message}"


def test_a_rule_that_no_contract_has_is_refused_with_those_there_are():
    assert refusal("transactions.severity.zero", "off").startswith(
        "sources/mine.toml: transactions: severity.zero: transactions has no rule 'zero'; it has line_"
    )


def test_a_source_without_a_column_that_no_row_may_lack_is_refused():
    assert refusal("transactions.columns.currency", ABSENT).endswith("these and currency, which no row may lack")
    content = changed("transactions.columns.provider_id", ABSENT)
    assert read_source("mine", content, DELIVERED)
    del content["transactions"]["columns"]["client_id"]
    with pytest.raises(SourceError, match="and provider_id or client_id, which no row may lack"):
        read_source("mine", content, DELIVERED)


@pytest.mark.parametrize("period", ["1d", "1mo", "1y"])
def test_megawatts_over_a_period_without_a_fixed_length_are_refused(period):
    content = changed(f"{STAMP}.period", period)
    assert read_source("mine", content, DELIVERED)
    content["transactions"]["columns"]["quantity_mwh"]["unit"] = "MW"
    with pytest.raises(SourceError, match=r"is '.*'; allowed is minutes or hours, because quantity_mwh is in MW"):
        read_source("mine", content, DELIVERED)


def test_one_text_is_never_taken_for_the_list_of_its_letters():
    with pytest.raises(SourceError, match="here: k is 'abc'; allowed is a list of texts"):
        texts("abc", "here", "k")


@pytest.mark.parametrize(
    "code", ["quantity_zero", "quantity_negative", "counterparty_missing", "total_mismatch", "total_bad_number"]
)
@pytest.mark.parametrize("severity", Severity)
def test_rules_that_leave_no_null_behind_may_be_relaxed(code, severity):
    source = read_source("mine", changed(f"transactions.severity.{code}", str(severity)), DELIVERED)
    assert source.dataset("transactions").severities[code] is severity


def test_the_severity_of_a_warning_may_become_a_rejection():
    source = read_source("mine", changed("providers.severity.provider_name_missing", "reject"), DELIVERED)
    assert source.dataset("providers").severities == {"provider_name_missing": Severity.REJECT}


def test_a_dataset_that_a_source_does_not_deliver_is_answered_with_those_it_does():
    source = read_source("mine", changed("clients", ABSENT), DELIVERED)
    with pytest.raises(SourceError) as caught:
        source.dataset("clients")
    assert (
        str(caught.value)
        == "source 'mine' does not deliver 'clients'; it delivers providers, transactions, fx_daily, curve"
    )


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_source_loads_and_describes_itself(path):
    source = read_source(path.stem, tomllib.loads(path.read_text(encoding="utf-8")), DELIVERED)
    assert SOURCES[path.stem] == source
    assert source.description.endswith((".", "column.", "Power."))
    assert {"providers", "clients", "transactions"} <= set(source.datasets) <= set(DELIVERED)
    for dataset in source.datasets.values():
        assert set(dataset.wanted_columns) <= set(dataset.known_columns)


def test_the_standard_source_reads_as_its_file_says():
    source = SOURCES["standard"]
    assert source.zone == "Europe/Madrid"
    assert source.repeated_hour is RepeatedHour.REJECT
    mapping = source.dataset("transactions")
    assert mapping.wanted_columns == (
        "transaction_id",
        "transaction_type",
        "entity_id",
        "energy_type",
        "transaction_date",
        "quantity_kwh",
        "price_per_kwh",
        "total_amount",
    )
    assert set(mapping.known_columns) - set(mapping.wanted_columns) == {"currency", "action"}
    assert mapping.fields["delivery_start"].marks is Marks.START
    assert mapping.fields["energy_type"].spellings["eólica"] == "wind"


def test_keys_that_are_left_out_have_their_defaults():
    source = read_source("mine", {**changed("file", {}), "time": {"zone": "Etc/UTC"}}, DELIVERED)
    assert (source.file.delimiter, source.file.quote, source.file.encoding, source.file.nulls) == (
        ",",
        '"',
        "utf-8",
        ("",),
    )
    assert source.repeated_hour is RepeatedHour.REJECT
    assert source.dataset("transactions").reject_limit is None
