"""What personas can really ask is what the access matrix says: the same grants, evaluated twice, once by queries."""

import functools
import io
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from deployment import program
from deployment.effective import Governance
from tests.local_aws.governed import PERSONAS, govern, persona, persona_role
from tests.local_aws.tables import Athena, asked

DATABASE = "energy_lake_local_curated"
BUCKET = "energy-lake-local-curated-123456789012-eu-west-1"
HERE = {"QueryExecutionContext": {"Database": DATABASE}}
ALLOWED = ("Aragón", "Galicia")


@functools.cache
def governance() -> Governance:
    return Governance(recording=program.recorded("local"))


@pytest.fixture(scope="module")
def lake():
    with asked() as made:
        made.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        govern(made, governance())
        yield made


@pytest.fixture(scope="module")
def everybody(lake: Athena):
    return {name: persona(lake, name) for name in PERSONAS}


def shown(asker: Athena, table: str) -> list[str]:
    """The columns that a persona gets from a table; none where it is refused."""
    answered = asker.ask(f'SELECT * FROM "{table}"', **HERE)  # noqa: S608 - a name of the contracts
    if answered.state == "FAILED":
        assert answered.reason == (
            f"Insufficient permissions to execute the query. Insufficient Lake Formation permission(s) on {table}"
        )
        return []
    return sorted(column["Name"] for column in answered.columns)


@pytest.mark.parametrize("name", PERSONAS)
def test_a_persona_gets_the_columns_that_the_access_matrix_gives_it(everybody: dict[str, Athena], name: str):
    principal = persona_role(name)
    matrix = {
        table: sorted(column for column in columns if governance().sight(principal, table, column).visible)
        for table, (_, columns) in governance().tables.items()
    }
    assert {table: shown(everybody[name], table) for table in matrix} == matrix
    assert any(matrix.values())


def test_a_hidden_column_is_refused_as_if_it_were_not_there(everybody: dict[str, Athena]):
    for name in ("analyst", "bi"):
        assert everybody[name].refusal("SELECT client_name FROM clients", **HERE) == (
            "COLUMN_NOT_FOUND: line 1:8: Column 'client_name' cannot be resolved or requester is not authorized to access "
            "requested resources"
        )
    assert everybody["auditor"].rows("SELECT client_name FROM clients", **HERE) == []


def test_a_hidden_column_does_not_help_to_choose_rows(everybody: dict[str, Athena]):
    for sql in (
        "SELECT client_id FROM clients WHERE client_name = 'Ana'",
        "SELECT client_id FROM clients ORDER BY client_name",
        "SELECT COUNT(*) FROM clients GROUP BY client_name",
        "SELECT client_id FROM (SELECT * FROM clients) AS c WHERE c.client_name LIKE 'A%'",
    ):
        assert everybody["bi"].refusal(sql, **HERE).startswith("COLUMN_NOT_FOUND: ")


def client(identifier: str, region: str | None) -> dict[str, Any]:
    return {"client_id": identifier, "client_name": f"Name of {identifier}", "region": region}


def trade(
    identifier: str, provider: tuple[str, str | None] | None, customer: tuple[str, str | None] | None
) -> dict[str, Any]:
    provider_id, provider_region = provider or (None, None)
    client_id, client_region = customer or (None, None)
    return {
        "transaction_id": identifier,
        "provider_id": provider_id,
        "provider_region": provider_region,
        "client_id": client_id,
        "client_region": client_region,
        "amount": Decimal("1.00"),
    }


CLIENTS = [client("near", "Galicia"), client("far", "Madrid"), client("nowhere", None), client("also near", "Aragón")]
TRADES = [
    trade("bought near", ("p1", "Galicia"), None),
    trade("bought far", ("p2", "Madrid"), None),
    trade("bought from nobody knows where", ("p3", None), None),
    trade("between near ones", ("p1", "Galicia"), ("c1", "Aragón")),
    trade("from near to far", ("p1", "Galicia"), ("c2", "Madrid")),
    trade("sold near", None, ("c1", "Aragón")),
    trade("with nobody", None, None),
]


@pytest.fixture(scope="module")
def filled(lake: Athena, everybody: dict[str, Athena]):
    """Rows near, far and of unknown region; columns that are not given are not in the files, and so null."""
    kinds = {"amount": pl.Decimal(18, 2)}
    for rows, folder in ((CLIENTS, "clients"), (TRADES, "transactions/date=2026-01-01")):
        frame = pl.DataFrame(rows, schema={name: kinds.get(name, pl.String) for name in rows[0]})
        _put(lake, f"{folder}/a.parquet", frame)
    lake.glue.create_partition(
        DatabaseName=DATABASE,
        TableName="transactions",
        PartitionInput={
            "Values": ["2026-01-01"],
            "StorageDescriptor": {"Location": f"s3://{BUCKET}/transactions/date=2026-01-01/"},
        },
    )
    return everybody


def _put(lake: Athena, key: str, frame: pl.DataFrame) -> None:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    lake.s3.put_object(Bucket=BUCKET, Key=key, Body=buffer.getvalue())


def test_an_analyst_gets_the_rows_of_its_regions_and_no_row_of_unknown_region(filled: dict[str, Athena]):
    sql = "SELECT client_id, region FROM clients ORDER BY client_id"
    assert filled["analyst"].rows(sql, **HERE) == [["also near", "Aragón"], ["near", "Galicia"]]
    assert len(filled["bi"].rows(sql, **HERE)) == len(CLIENTS)


def test_an_analyst_gets_a_trade_only_where_every_party_is_in_its_regions(filled: dict[str, Athena]):
    sql = "SELECT transaction_id FROM transactions ORDER BY transaction_id"
    assert [row[0] for row in filled["analyst"].rows(sql, **HERE)] == ["between near ones", "bought near", "sold near"]
    assert len(filled["auditor"].rows(sql, **HERE)) == len(TRADES)


def test_rows_that_are_hidden_count_in_no_total_and_no_join(filled: dict[str, Athena]):
    analyst = filled["analyst"]
    assert analyst.rows("SELECT COUNT(*), SUM(amount) FROM transactions", **HERE) == [["3", "3.00"]]
    joined = "SELECT COUNT(*) FROM clients AS a CROSS JOIN clients AS b"
    assert analyst.rows(joined, **HERE) == [["4"]]
    assert analyst.rows("SELECT COUNT(*) FROM transactions WHERE date = DATE '2026-01-01' OR 1 = 1", **HERE) == [["3"]]


def test_a_view_shows_each_reader_what_the_tables_beneath_show_it(filled: dict[str, Athena]):
    filled["engineer"].rows("CREATE OR REPLACE VIEW near_clients AS SELECT client_id, region FROM clients", **HERE)
    asked_rows = {name: len(filled[name].rows("SELECT * FROM near_clients", **HERE)) for name in ("bi", "engineer")}
    assert asked_rows == {"bi": 4, "engineer": 4}
    assert filled["analyst"].refusal("SELECT * FROM near_clients", **HERE).endswith("permission(s) on near_clients")


def test_only_who_may_make_tables_makes_a_view(filled: dict[str, Athena]):
    for name in ("analyst", "auditor", "bi"):
        refused = filled[name].refusal("CREATE VIEW mine AS SELECT client_id FROM clients", **HERE)
        assert refused == f"Insufficient Lake Formation permission(s): Required Create Table on {DATABASE}"


def test_without_describe_on_default_nothing_can_be_asked(lake: Athena, everybody: dict[str, Athena]):
    formation = lake.session.client("lakeformation")
    grant = {
        "Principal": {"DataLakePrincipalIdentifier": persona_role("bi")},
        "Resource": {"Database": {"Name": "default"}},
        "Permissions": ["DESCRIBE"],
    }
    formation.revoke_permissions(**grant)
    refused = everybody["bi"].refusal("SELECT 1 FROM clients", **HERE)
    formation.grant_permissions(**grant)
    assert refused == "Insufficient Lake Formation permission(s): Required Describe on default"
    assert everybody["bi"].ask("SELECT 1 FROM clients", **HERE).state == "SUCCEEDED"
