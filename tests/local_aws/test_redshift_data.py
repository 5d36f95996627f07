"""Redshift's stand-in asked through the Data API: COPY, transactions, MERGE, rights, procedures, and how it answers."""

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl
import pytest
from botocore.exceptions import ClientError
from local_aws.fixes import redshift as redshift_fixes
from local_aws.identity import ACCOUNT_ID, REGION
from local_aws.sql import redshift_data
from local_aws.sql.redshift_runs import explained
from local_aws.sql.redshift_session import Database, Session
from moto import mock_aws

from contracts import CURATED
from contracts.model import Sensitivity
from tests.local_aws.tables import session_of
from warehouse.ddl import statements
from warehouse.grants import Access

COPY = f"arn:aws:iam::{ACCOUNT_ID}:role/copy"
WAREHOUSE = {"ClusterIdentifier": "warehouse", "Database": "energy_lake"}
ROOT = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@dataclass(frozen=True)
class Told:
    """What became of a call: `DescribeStatement`, and the rows of a question as values."""

    described: Mapping[str, Any]
    rows: Sequence[Sequence[Any]] = ()
    columns: Sequence[tuple[str, str]] = ()

    @property
    def error(self) -> str:
        return str(self.described.get("Error", ""))


class Warehouse:
    """A cluster, asked as somebody."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self.session = session_of(keys)
        self.s3, self.data = self.session.client("s3"), self.session.client("redshift-data")

    def run(self, sql: str | Sequence[str], **more: Any) -> Told:
        """Runs one statement, or a batch of several, to its end."""
        call = {**WAREHOUSE, "WaitTimeSeconds": 30, **more}
        if isinstance(sql, str):
            identifier = self.data.execute_statement(Sql=sql, **call)["Id"]
        else:
            identifier = self.data.batch_execute_statement(Sqls=list(sql), **call)["Id"]
        described = self.data.describe_statement(Id=identifier, WaitTimeSeconds=30)
        if not described.get("HasResultSet"):
            return Told(described)
        found = self.data.get_statement_result(Id=identifier)
        rows = [
            [None if "isNull" in field else next(iter(field.values())) for field in row] for row in found["Records"]
        ]
        return Told(described, rows, [(c["name"], c["typeName"]) for c in found["ColumnMetadata"]])

    def rows(self, sql: str, **more: Any) -> list[list[Any]]:
        told = self.run(sql, **more)
        assert told.described["Status"] == "FINISHED", told.error
        return [list(row) for row in told.rows]

    def do(self, *sql: str, **more: Any) -> Told:
        """Runs what has to succeed, several as one transaction."""
        told = self.run(sql[0] if len(sql) == 1 else sql, **more)
        assert told.described["Status"] == "FINISHED", told.error
        return told

    def refusal(self, sql: str | Sequence[str], **more: Any) -> str:
        told = self.run(sql, **more)
        assert told.described["Status"] == "FAILED", told.rows
        return told.error

    def put(self, key: str, frame: pl.DataFrame) -> int:
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        self.s3.put_object(Bucket="curated", Key=key, Body=buffer.getvalue())
        return len(buffer.getvalue())

    def manifest(self, key: str, files: Mapping[str, int | None]) -> str:
        """A manifest of files and their lengths; None leaves the length away."""
        entries = [
            {"url": f"s3://curated/{path}", "mandatory": True, **({"meta": {"content_length": size}} if size else {})}
            for path, size in files.items()
        ]
        self.s3.put_object(Bucket="curated", Key=key, Body=json.dumps({"entries": entries}))
        return f"FROM 's3://curated/{key}' IAM_ROLE '{COPY}' FORMAT AS PARQUET MANIFEST"

    def as_role(self, name: str) -> "Warehouse":
        """The same cluster, asked with the keys of a role."""
        iam, sts = self.session.client("iam"), self.session.client("sts")
        if name not in {role["RoleName"] for role in iam.list_roles()["Roles"]}:
            iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
        arn = f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"
        keys = sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return Warehouse(
            {
                "aws_access_key_id": keys["AccessKeyId"],
                "aws_secret_access_key": keys["SecretAccessKey"],
                "aws_session_token": keys["SessionToken"],
            }
        )


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    yield from opened()


def opened() -> Iterator[Warehouse]:
    redshift_fixes.install()
    redshift_data.install()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # a cluster is in a network, whose machines nobody asks for
        made = Warehouse(ROOT)
        made.s3.create_bucket(Bucket="curated", CreateBucketConfiguration={"LocationConstraint": REGION})
        made.session.client("redshift").create_cluster(
            ClusterIdentifier="warehouse",
            NodeType="ra3.large",
            MasterUsername="admin",
            MasterUserPassword="Not-a-secret-1",
            IamRoles=[COPY],
        )
        yield made


def trades(*rows: tuple[str, str]) -> pl.DataFrame:
    schema = {"id": pl.String, "amount": pl.Decimal(18, 2)}
    return pl.DataFrame([(identifier, Decimal(amount)) for identifier, amount in rows], schema=schema, orient="row")


@pytest.fixture
def filled(warehouse: Warehouse) -> Warehouse:
    """A table of two trades, and a manifest of a file with them."""
    warehouse.do(
        "CREATE TABLE trades (id VARCHAR(8) NOT NULL, amount DECIMAL(18,2), PRIMARY KEY (id)) "
        "DISTSTYLE KEY DISTKEY (id) COMPOUND SORTKEY (id)"
    )
    size = warehouse.put("a.parquet", trades(("a", "1.50"), ("b", "2.25")))
    warehouse.do(f"COPY trades {warehouse.manifest('a.json', {'a.parquet': size})}")
    return warehouse


def test_copy_takes_the_files_of_a_manifest_and_no_other(filled: Warehouse):
    assert filled.rows("SELECT id, amount FROM trades ORDER BY id") == [["a", "1.50"], ["b", "2.25"]]
    filled.put("not-named.parquet", trades(("c", "9")))
    size = filled.put("b.parquet", trades(("d", "4")))
    told = filled.do(f"COPY trades {filled.manifest('b.json', {'b.parquet': size})}")
    assert told.described["ResultRows"] == 1
    assert filled.rows("SELECT COUNT(*), SUM(amount) FROM trades") == [[3, "7.75"]]


def test_copy_goes_by_position_and_not_by_name(warehouse: Warehouse):
    warehouse.do("CREATE TABLE swapped (first VARCHAR(8), second VARCHAR(8))")
    size = warehouse.put("x.parquet", pl.DataFrame({"second": ["1"], "first": ["2"]}))
    warehouse.do(f"COPY swapped {warehouse.manifest('x.json', {'x.parquet': size})}")
    warehouse.do(f"COPY swapped (second, first) {warehouse.manifest('x.json', {'x.parquet': size})}")
    assert warehouse.rows("SELECT first, second FROM swapped ORDER BY first") == [["1", "2"], ["2", "1"]]


def test_copy_takes_instants_as_utc(warehouse: Warehouse):
    warehouse.do("CREATE TABLE instants (at TIMESTAMP, day DATE)")
    frame = pl.DataFrame({"at": [datetime(2026, 1, 1, 12, 30, tzinfo=UTC)], "day": [date(2026, 1, 1)]})
    size = warehouse.put("x.parquet", frame)
    warehouse.do(f"COPY instants {warehouse.manifest('x.json', {'x.parquet': size})}")
    assert warehouse.rows("SELECT at, day FROM instants") == [["2026-01-01 12:30:00", "2026-01-01"]]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (
            pl.DataFrame({"id": ["c"]}),
            r"15007 context: Unmatched number of columns .* Table columns: 2, Data columns: 1",
        ),
        (trades(("c", "1")).with_columns(more=1), r"Table columns: 2, Data columns: 3"),
        (pl.DataFrame({"id": ["c"], "amount": [1.5]}), r"incompatible Parquet schema for column 'amount'"),
        (trades(("c", "1")).cast({"amount": pl.Decimal(18, 4)}), r"incompatible Parquet schema for column 'amount'"),
        (trades(("nine long", "1")), r"Value too long for character type: id takes 8 bytes, got 9"),
        (trades(("ñandúes", "1")), r"takes 8 bytes, got 9"),  # seven characters, two of them of two bytes
        (trades(("c", "1")).with_columns(id=pl.lit(None, pl.String)), r"Cannot insert a NULL value into column id"),
    ],
)
def test_copy_refuses_a_file_that_does_not_fit_and_takes_none_of_it(
    filled: Warehouse, frame: pl.DataFrame, reason: str
):
    files = {
        "good.parquet": filled.put("good.parquet", trades(("z", "1"))),
        "x.parquet": filled.put("x.parquet", frame),
    }
    assert re.search(reason, filled.refusal(f"COPY trades {filled.manifest('x.json', files)}"))
    assert filled.rows("SELECT COUNT(*) FROM trades") == [[2]]


def test_copy_refuses_a_manifest_that_is_not_true(filled: Warehouse):
    size = filled.put("x.parquet", trades(("c", "1")))
    assert f"has {size} bytes, the manifest says 7" in filled.refusal(
        f"COPY trades {filled.manifest('x.json', {'x.parquet': 7})}"
    )
    assert "has no meta.content_length" in filled.refusal(
        f"COPY trades {filled.manifest('x.json', {'x.parquet': None})}"
    )
    assert "is not there" in filled.refusal(f"COPY trades {filled.manifest('x.json', {'lost.parquet': 5})}")
    assert "does not exist" in filled.refusal(
        f"COPY trades FROM 's3://curated/lost.json' IAM_ROLE '{COPY}' FORMAT AS PARQUET MANIFEST"
    )


@pytest.mark.parametrize("option", ["REGION 'eu-west-1'", "MAXERROR 5", "TRUNCATECOLUMNS", "ACCEPTANYDATE"])
def test_copy_refuses_what_parquet_does_not_take(filled: Warehouse, option: str):
    word = option.split(maxsplit=1)[0]
    sql = f"COPY trades FROM 's3://curated/a' IAM_ROLE '{COPY}' PARQUET {option}"
    assert filled.refusal(sql) == f"ERROR: {word} argument is not supported for PARQUET based COPY"


def test_copy_by_prefix_takes_every_object_that_begins_so_markers_too(filled: Warehouse):
    filled.put("day=1/x.parquet", trades(("c", "1")))
    filled.put("day=10/x.parquet", trades(("d", "1")))
    filled.do(f"COPY trades FROM 's3://curated/day=1' IAM_ROLE '{COPY}' FORMAT AS PARQUET")
    assert filled.rows("SELECT COUNT(*) FROM trades") == [[4]]
    filled.s3.put_object(Bucket="curated", Key="day=1/_SUCCESS", Body=b"")
    assert "_SUCCESS" in filled.refusal(f"COPY trades FROM 's3://curated/day=1/' IAM_ROLE '{COPY}' FORMAT AS PARQUET")


def test_only_a_role_of_the_cluster_reads_for_copy(filled: Warehouse):
    stranger = COPY.replace("copy", "stranger")
    sql = f"COPY trades FROM 's3://curated/a' IAM_ROLE '{stranger}' FORMAT AS PARQUET"
    assert f"not authorized to assume IAM Role {stranger}" in filled.refusal(sql)


def test_a_batch_is_one_transaction(filled: Warehouse):
    told = filled.run(
        ["DELETE FROM trades", "INSERT INTO trades VALUES ('x', 1)", "INSERT INTO trades VALUES (NULL, 1)"]
    )
    assert told.described["Status"] == "FAILED"
    assert told.error == "Query #3 failed with ERROR: Cannot insert a NULL value into column id"
    assert [part["Status"] for part in told.described["SubStatements"]] == ["FINISHED", "FINISHED", "FAILED"]
    assert filled.rows("SELECT COUNT(*), SUM(amount) FROM trades") == [[2, "3.75"]]


def test_a_batch_is_taken_back_also_where_its_failure_is_found_before_anything_runs(filled: Warehouse):
    filled.refusal(["DELETE FROM trades", "SELECT * FROM nowhere"])
    assert filled.rows("SELECT COUNT(*) FROM trades") == [[2]]


def test_what_follows_a_failure_in_a_batch_is_not_begun(filled: Warehouse):
    told = filled.run(["SELECT * FROM nowhere", "DELETE FROM trades"])
    assert [part["Status"] for part in told.described["SubStatements"]] == ["FAILED", "ABORTED"]


def test_a_definition_is_taken_back_with_its_transaction(filled: Warehouse):
    filled.refusal(["CREATE TABLE made (a INTEGER)", "GRANT SELECT ON made TO PUBLIC", "SELECT 1/0"])
    assert filled.refusal("SELECT * FROM made") == 'ERROR: relation "made" does not exist'


def test_statements_that_commit_for_themselves_stay(filled: Warehouse):
    filled.run(["DELETE FROM trades WHERE id = 'a'", "SELECT 1/0"], ExecutionMode="AUTO_COMMIT")
    assert filled.rows("SELECT id FROM trades") == [["b"]]


def test_truncate_cannot_be_taken_back(filled: Warehouse):
    filled.refusal(["TRUNCATE trades", "SELECT 1/0"])
    assert filled.rows("SELECT COUNT(*) FROM trades") == [[0]]


def test_a_temporary_table_is_of_its_batch_alone(filled: Warehouse):
    told = filled.do(
        "CREATE TEMP TABLE stage (LIKE trades)", "INSERT INTO stage SELECT * FROM trades", "SELECT COUNT(*) FROM stage"
    )
    assert told.rows == [[2]]
    assert filled.refusal("SELECT * FROM stage") == 'ERROR: relation "stage" does not exist'


def test_a_session_that_is_kept_keeps_its_temporary_tables(filled: Warehouse):
    first = filled.data.execute_statement(
        Sql="CREATE TEMP TABLE stage (LIKE trades)", SessionKeepAliveSeconds=60, WaitTimeSeconds=30, **WAREHOUSE
    )
    second = filled.data.execute_statement(
        Sql="SELECT COUNT(*) FROM stage", SessionId=first["SessionId"], WaitTimeSeconds=30
    )
    assert filled.data.get_statement_result(Id=second["Id"])["Records"] == [[{"longValue": 0}]]


def test_merge_changes_what_is_there_and_adds_what_is_not(filled: Warehouse):
    told = filled.do(
        "CREATE TEMP TABLE stage (LIKE trades)",
        "INSERT INTO stage VALUES ('a', 9), ('c', 1)",
        "MERGE INTO trades USING stage AS s ON trades.id = s.id WHEN MATCHED THEN UPDATE SET amount = s.amount "
        "WHEN NOT MATCHED THEN INSERT (id, amount) VALUES (s.id, s.amount)",
        "SELECT id, amount FROM trades ORDER BY id",
    )
    assert told.rows == [["a", "9.00"], ["b", "2.25"], ["c", "1.00"]]


def test_merge_can_delete_what_matches_and_insert_the_rest(filled: Warehouse):
    told = filled.do(
        "CREATE TEMP TABLE stage (id VARCHAR(8), amount DECIMAL(18,2), leaving VARCHAR(8))",
        "INSERT INTO stage VALUES ('c', 1, NULL), (NULL, NULL, 'a')",
        "DELETE FROM stage WHERE id = 'nobody'",
        "MERGE INTO trades USING (SELECT * FROM stage WHERE id IS NOT NULL OR leaving IS NOT NULL) AS s ON trades.id = s.leaving "
        "WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, amount) VALUES (s.id, s.amount)",
        "SELECT id FROM trades ORDER BY id",
    )
    assert told.rows == [["b"], ["c"]]


def test_merge_refuses_a_row_that_two_rows_would_change(filled: Warehouse):
    error = filled.refusal(
        [
            "CREATE TEMP TABLE stage (LIKE trades)",
            "INSERT INTO stage VALUES ('a', 9), ('a', 8)",
            (
                "MERGE INTO trades USING stage AS s ON trades.id = s.id WHEN MATCHED THEN UPDATE SET amount = s.amount "
                "WHEN NOT MATCHED THEN INSERT (id, amount) VALUES (s.id, s.amount)"
            ),
        ]
    )
    assert error == "Query #3 failed with ERROR: Found multiple matches to update the same tuple."


def test_of_two_transactions_that_change_the_same_row_one_fails():
    database = Database("energy_lake", "admin", set)
    first, second = Session(database, "admin"), Session(database, "admin")
    first.begin()
    first.run("CREATE TABLE trades (id INTEGER, amount INTEGER)")
    first.run("INSERT INTO trades VALUES (1, 0)")
    first.commit()
    for session in (first, second):
        session.begin()
    first.run("UPDATE trades SET amount = 1")
    with pytest.raises(duckdb.Error) as raised:
        second.run("UPDATE trades SET amount = 2")
    assert explained(raised.value).startswith("ERROR: 1023")
    second.rollback()
    first.commit()
    assert first.run("SELECT amount FROM trades").rows == [(1,)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("AVG(7) OVER ()", 7),
        (
            "CAST(1 AS DECIMAL(10,2)) / CAST(3 AS DECIMAL(10,2))",
            "0.33333333333",
        ),  # scale max(4, 2 + 10 - 2 + 1) = 11
        ("1.5 * 1.5", "2.25"),
        ("NVL(NULL, 'x')", "x"),
        ("DATEDIFF(month, DATE '2026-01-31', DATE '2026-02-01')", 1),  # boundaries, and not whole months as in Athena
        ("LEN('añb')", 3),
        ("CAST(2.5 AS INTEGER)", 3),
        ("NULLIF(1, 1)", None),
        ("TRUE", True),
        ("CAST(1.5 AS DOUBLE PRECISION)", 1.5),
        ("'it''s'", "it's"),
        ("'a\\\\b'", "a\\b"),  # a backslash is an escape in Redshift
    ],
)
def test_an_expression_is_what_redshift_says(warehouse: Warehouse, expression: str, expected: Any):
    assert warehouse.rows(f"SELECT {expression} AS x") == [[expected]]


def test_answers_say_their_types_and_exact_numbers_come_as_texts(filled: Warehouse):
    told = filled.do(
        "SELECT id, amount, COUNT(*) AS n, TRUE AS yes, DATE '2026-01-01' AS day, TIMESTAMP '2026-01-01 10:00:00' AS at "
        "FROM trades WHERE id = 'a' GROUP BY id, amount"
    )
    assert told.columns == [
        ("id", "varchar"),
        ("amount", "numeric"),
        ("n", "int8"),
        ("yes", "bool"),
        ("day", "date"),
        ("at", "timestamp"),
    ]
    assert told.rows == [["a", "1.50", 1, True, "2026-01-01", "2026-01-01 10:00:00"]]


def test_parameters_are_values_and_never_sql(filled: Warehouse):
    sql = "SELECT COUNT(*) FROM trades WHERE id = :id OR id = ':id'"
    assert filled.rows(sql, Parameters=[{"name": "id", "value": "a"}]) == [[1]]
    assert filled.rows(sql, Parameters=[{"name": "id", "value": "x' OR '1'='1"}]) == [[0]]
    assert filled.rows(sql, Parameters=[{"name": "id", "value": "x\\"}]) == [[0]]
    assert filled.refusal(sql) == "ERROR: Cannot find parameter: id"
    with pytest.raises(ClientError, match="unused parameters"):
        filled.run("SELECT 1", Parameters=[{"name": "id", "value": "a"}])


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT * FROM nowhere", 'ERROR: relation "nowhere" does not exist'),
        ("SELECT nope FROM trades", "ERROR: Column 'nope' could not be resolved"),
        ("SELECT 1; SELECT 2", "ERROR: cannot insert multiple commands into a prepared statement"),
        ("SELECT 1/0", "ERROR: Divide by zero"),
        (
            "SELECT COUNT(CASE WHEN c <> '' THEN CAST(c AS INTEGER) END) FROM (SELECT id AS c FROM trades) AS x",
            "ERROR: Invalid digit",
        ),
        ("INSERT INTO trades VALUES ('123456789', 1)", "ERROR: Value too long for character type"),
        ("SELECT sha2('a', 256)", "ERROR: not answered by this stand-in"),
    ],
)
def test_a_statement_that_fails_says_why(filled: Warehouse, sql: str, reason: str):
    assert filled.refusal(sql).startswith(reason)


def test_the_same_token_is_done_once(filled: Warehouse):
    for _ in range(2):
        filled.run("INSERT INTO trades VALUES ('once', 1)", ClientToken="t" * 32)
    assert filled.rows("SELECT COUNT(*) FROM trades WHERE id = 'once'") == [[1]]


def test_a_cluster_that_is_not_there_takes_no_statement(warehouse: Warehouse):
    with pytest.raises(ClientError, match="Redshift endpoint doesn't exist"):
        warehouse.run("SELECT 1", ClusterIdentifier="nowhere")


def test_a_batch_takes_forty_statements(warehouse: Warehouse):
    assert warehouse.do(*["SELECT 1"] * 40).described["Status"] == "FINISHED"
    with pytest.raises(ClientError, match="40"):
        warehouse.run(["SELECT 1"] * 41)


def test_what_there_is_is_listed(filled: Warehouse):
    filled.do("CREATE VIEW seen AS SELECT id FROM trades")
    listed = filled.data.list_tables(SchemaPattern="public", **WAREHOUSE)["Tables"]
    assert [(one["name"], one["type"]) for one in listed] == [("seen", "VIEW"), ("trades", "TABLE")]
    columns = filled.data.describe_table(Schema="public", Table="trades", **WAREHOUSE)["ColumnList"]
    assert [(one["name"], one["typeName"]) for one in columns] == [("id", "varchar"), ("amount", "numeric")]
    assert filled.data.list_databases(**WAREHOUSE)["Databases"] == ["energy_lake"]
    assert filled.data.list_statements()["Statements"][0]["QueryString"] == "CREATE VIEW seen AS SELECT id FROM trades"


def test_procedures_branch_and_run_what_they_put_together(warehouse: Warehouse):
    warehouse.do(
        "CREATE OR REPLACE PROCEDURE public.make() AS $$\nDECLARE found INTEGER; BEGIN\n"
        "SELECT INTO found COUNT(*) FROM svv_tables WHERE table_name = 'made';\n"
        "IF found = 0 THEN EXECUTE 'CREATE TABLE public.made (note VARCHAR(20))'; "
        "ELSE INSERT INTO made VALUES ('again; it''s'); END IF;\n"
        "found := found + 1;\nIF found > 1 THEN INSERT INTO made VALUES ('second'); END IF;\n"
        "END;\n$$ LANGUAGE plpgsql SECURITY INVOKER"
    )
    warehouse.do("CALL public.make()")
    assert warehouse.rows("SELECT COUNT(*) FROM made") == [[0]]
    warehouse.do("CALL public.make() /* once more */")
    assert warehouse.rows("SELECT note FROM made ORDER BY note") == [["again; it's"], ["second"]]


ACCESS = Access(
    database="energy_lake",
    loader_role="loader",
    copy_role_arn=COPY,
    persona_roles={"bi": "persona-bi", "engineer": "persona-engineer", "auditor": "persona-auditor"},
)


@pytest.fixture(scope="module")
def deployed() -> Iterator[Warehouse]:
    """The warehouse as the deployment makes it, twice over."""
    for made in opened():
        for _ in range(2):
            for sql in statements(CURATED.values(), ACCESS).values():
                made.do(sql)
        yield made


def test_the_deployments_definitions_make_every_table_with_its_comments(deployed: Warehouse):
    found = deployed.rows(
        "SELECT table_name, column_name, remarks FROM svv_columns WHERE table_schema = 'analytics' ORDER BY ordinal_position"
    )
    for name, dataset in CURATED.items():
        assert [column for table, column, _ in found if table == name] == list(dataset.column_names)
        remarks = {column: remark for table, column, remark in found if table == name}
        assert all(remarks[column.name].startswith(column.description) for column in dataset.columns)


def test_a_contract_that_gained_a_column_is_applied_to_the_table_that_is_there(deployed: Warehouse):
    deployed.do('ALTER TABLE "analytics"."providers" DROP COLUMN "region" CASCADE'.replace(" CASCADE", ""))
    deployed.do(statements(CURATED.values(), ACCESS)["apply"])
    found = deployed.rows("SELECT region FROM analytics.providers")
    assert found == []


def test_a_persona_sees_the_columns_that_its_grants_show_and_no_other(deployed: Warehouse):
    bi = deployed.as_role("persona-bi")
    for name, dataset in CURATED.items():
        personal = [c.name for c in dataset.columns if c.sensitivity == Sensitivity.PERSONAL]
        open_ones = ", ".join(f'"{c.name}"' for c in dataset.columns if c.sensitivity != Sensitivity.PERSONAL)
        assert bi.rows(f"SELECT {open_ones} FROM analytics.{name}") == []  # noqa: S608 - names of contracts
        for column in personal:
            assert (
                bi.refusal(f"SELECT {column} FROM analytics.{name}") == f"ERROR: permission denied for relation {name}"  # noqa: S608 - as above
            )
        if personal:
            assert bi.refusal(f"SELECT * FROM analytics.{name}") == f"ERROR: permission denied for relation {name}"  # noqa: S608 - as above


def test_readers_change_nothing(deployed: Warehouse):
    for persona in ("persona-bi", "persona-engineer", "persona-auditor"):
        reader = deployed.as_role(persona)
        for sql in (
            "DELETE FROM analytics.clients",
            "INSERT INTO analytics.clients (client_id) VALUES ('x')",
            "UPDATE analytics.clients SET city = 'x'",
            "TRUNCATE analytics.clients",
            "DROP TABLE analytics.clients",
        ):
            assert reader.refusal(sql) == "ERROR: permission denied for relation clients"
        assert (
            reader.refusal("CREATE TABLE analytics.mine (a INTEGER)") == "ERROR: permission denied for schema analytics"
        )
        assert "must be superuser" in reader.refusal("GRANT SELECT ON analytics.clients TO ROLE lake_bi")


def test_nobody_but_the_loader_copies(deployed: Warehouse):
    size = deployed.put("x.parquet", trades(("a", "1")))
    source = deployed.manifest("x.json", {"x.parquet": size})
    for persona in ("persona-bi", "persona-engineer"):
        refused = deployed.as_role(persona).refusal(f"COPY analytics.clients {source}")
        assert refused == f"ERROR: User is not authorized to assume IAM role {COPY} for COPY"
    loader = deployed.as_role("loader")
    told = loader.do(
        "CREATE TEMP TABLE stage (id VARCHAR(8), amount DECIMAL(18,2))",
        f"COPY stage {source}",
        "SELECT COUNT(*) FROM stage",
    )
    assert told.rows == [[1]]
    assert loader.refusal("TRUNCATE analytics.clients") == "ERROR: permission denied for relation clients"


def test_the_views_of_bi_tools_show_plain_names_without_rights_on_what_is_beneath(deployed: Warehouse):
    told = deployed.as_role("persona-bi").do('SELECT * FROM "reporting"."clients"')
    assert ("client id", "varchar") in told.columns
    assert "client name" not in [name for name, _ in told.columns]


def test_a_stranger_sees_nothing(deployed: Warehouse):
    stranger = deployed.as_role("stranger")
    assert (
        stranger.refusal("SELECT client_id FROM analytics.clients") == "ERROR: permission denied for schema analytics"
    )
