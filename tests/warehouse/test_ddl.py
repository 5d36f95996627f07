"""The DDL by its structure. That Redshift takes it is not proved here: only a real warehouse can say so."""

import re
from dataclasses import replace

import duckdb
import pytest

from components.lakeformation_access import PERSONA_SIGHT
from contracts import CURATED
from contracts.model import Column, ColumnType, Dataset, Kind, Role, Sensitivity
from warehouse.books import BOOKS
from warehouse.ddl import (
    LONGEST_STATEMENT,
    Access,
    DdlError,
    byte_limit,
    create_staging,
    create_table,
    redshift_type,
    statements,
)
from warehouse.grants import PERSONAS
from warehouse.sql import identifier, literal, qualified

ACCESS = Access(
    database="energy_lake",
    loader_role="energy-lake-dev-warehouse-loader",
    copy_role_arn="arn:aws:iam::123456789012:role/energy-lake-dev-redshift-copy",
    persona_roles={persona: f"energy-lake-dev-persona-{persona}" for persona in ("engineer", "bi", "auditor")},
)

FIND = "SELECT INTO found COUNT(*) FROM"


def table(*columns, key=("id",), partition="", description="What is said of it."):
    names = {column.name for column in columns}
    extra = tuple(text(name) for name in dict.fromkeys((*key, partition)) if name and name not in names)
    return Dataset(
        name="things",
        kind=Kind.CURATED,
        grain="one row per thing",
        description=description,
        key=key,
        partition=partition,
        columns=(*extra, *columns),
    )


def text(name, **more):
    return Column(name=name, type=ColumnType.text(), description=f"The {name}.", **more)


def of_type(column_type):
    return Column(name="thing", type=column_type, description="A thing.")


def procedures_of(named):
    return [sql for key, sql in named.items() if key.startswith("procedure")]


def procedure_lines(named):
    bodies = [sql.split("BEGIN\n")[1].split("\nEND;")[0] for sql in procedures_of(named)]
    return [line.strip() for body in bodies for line in body.splitlines()]


def test_statements_come_in_the_order_they_must_run_in():
    made = [key for key in statements(CURATED.values(), ACCESS) if not re.fullmatch(r"(procedure|apply)-\d+", key)]
    assert made == [
        "schema",
        "schema-reporting",
        *(f"table-{name.replace('_', '-')}" for name in (*CURATED, *BOOKS)),
        "procedure",
        "apply",
    ]


def test_every_statement_can_run_twice():
    named = statements(CURATED.values(), ACCESS)
    assert named["schema"] == 'CREATE SCHEMA IF NOT EXISTS "analytics"'
    assert named["schema-reporting"] == 'CREATE SCHEMA IF NOT EXISTS "reporting"'
    assert all(sql.startswith("CREATE TABLE IF NOT EXISTS ") for key, sql in named.items() if key.startswith("table-"))
    assert named["procedure"].startswith('CREATE OR REPLACE PROCEDURE "analytics"."apply_contracts"() AS $$\n')
    assert named["apply"].startswith('CALL "analytics"."apply_contracts"() /* ')


def test_every_statement_is_a_single_one():
    named = statements(CURATED.values(), ACCESS)
    assert all(key.startswith("procedure") for key, sql in named.items() if ";" in sql)
    for sql in procedures_of(named):
        assert sql.count("$$") == 2
        assert sql.endswith("END;\n$$ LANGUAGE plpgsql SECURITY INVOKER")


def test_what_is_too_long_for_one_procedure_becomes_several_each_called_after_it_is_made():
    many = [replace(table(text("colour", nullable=True)), name=f"things_{number}") for number in range(100)]
    named = statements(many, ACCESS)
    made = [key for key in named if key.startswith(("procedure", "apply"))]
    assert made == ["procedure", "apply", "procedure-2", "apply-2"]
    assert named["procedure-2"].startswith('CREATE OR REPLACE PROCEDURE "analytics"."apply_contracts_2"() AS $$\n')
    assert named["apply-2"].startswith('CALL "analytics"."apply_contracts_2"() /* ')
    assert all(len(sql.encode()) <= LONGEST_STATEMENT for sql in named.values())


def test_what_belongs_together_is_done_in_one_transaction():
    # a view that is dropped is made and granted again before anybody sees that it is gone; rights likewise
    many = [replace(table(text("colour", nullable=True)), name=f"things_{number}") for number in range(100)]
    for sql in procedures_of(statements(many, ACCESS)):
        assert sql.count("DROP VIEW IF EXISTS") == sql.count("CREATE VIEW") == sql.count('ON "reporting"."things') // 3
        assert ("REVOKE ALL ON ALL TABLES" in sql) is ("GRANT SELECT ON ALL TABLES" in sql)


def test_every_statement_is_made_again_word_for_word():
    assert statements(CURATED.values(), ACCESS) == statements(CURATED.values(), ACCESS)


def test_a_changed_contract_changes_the_call_and_not_the_names():
    before = statements([table(text("colour"))], ACCESS)
    after = statements([table(text("colour"), text("size"))], ACCESS)
    assert list(before) == list(after)
    assert before["apply"] != after["apply"]


def test_the_table_of_trades_is_this_one():
    assert (
        create_table(CURATED["transactions"])
        == """\
CREATE TABLE IF NOT EXISTS "analytics"."transactions" (
  "transaction_id" VARCHAR(512) NOT NULL,
  "transaction_type" VARCHAR(32) NOT NULL,
  "provider_id" VARCHAR(512),
  "client_id" VARCHAR(512),
  "energy_type" VARCHAR(32) NOT NULL,
  "delivery_start" TIMESTAMP NOT NULL,
  "delivery_end" TIMESTAMP NOT NULL,
  "market_zone" VARCHAR(1024) NOT NULL,
  "date" DATE NOT NULL,
  "quantity_mwh" DECIMAL(18,6) NOT NULL,
  "price_per_mwh" DECIMAL(18,6) NOT NULL,
  "currency" VARCHAR(32) NOT NULL,
  "amount" DECIMAL(18,2) NOT NULL,
  "provider_name" VARCHAR(1024),
  "provider_energy_type" VARCHAR(32),
  "provider_region" VARCHAR(1024),
  "client_type" VARCHAR(32),
  "client_city" VARCHAR(1024),
  "client_region" VARCHAR(1024),
  "is_provider_known" BOOLEAN,
  "is_client_known" BOOLEAN,
  "counterparty_id" VARCHAR(512) NOT NULL,
  "counterparty_kind" VARCHAR(32) NOT NULL,
  "reporting_currency" VARCHAR(32),
  "fx_rate" DECIMAL(18,9),
  "fx_date" DATE,
  "reporting_amount" DECIMAL(18,2),
  "source" VARCHAR(1024) NOT NULL,
  "source_file" VARCHAR(1024) NOT NULL,
  "source_row" BIGINT NOT NULL,
  "ingest_date" DATE NOT NULL,
  PRIMARY KEY ("transaction_id")
)
DISTSTYLE KEY
DISTKEY ("transaction_id")
COMPOUND SORTKEY ("date", "transaction_id")"""
    )


@pytest.mark.parametrize("dataset", CURATED.values(), ids=CURATED)
def test_columns_stand_in_contract_order_since_copy_is_positional(dataset):
    lines = create_table(dataset).split(" (\n")[1].split("\n)\n")[0].split(",\n")
    columns = [re.match(r'\s*"([a-z_]+)" ', line)[1] for line in lines if "PRIMARY KEY" not in line]
    assert tuple(columns) == dataset.column_names


def test_a_sql_engine_makes_these_tables_twice_and_knows_their_columns():
    named = statements(CURATED.values(), ACCESS)
    with duckdb.connect() as lake:
        for _ in range(2):
            lake.execute(named["schema"])
            for dataset in CURATED.values():
                # Where rows lie is Redshift's own; everything before it is SQL that others read too.
                sql = named[f"table-{dataset.name.replace('_', '-')}"].split("\nDISTSTYLE")[0]
                lake.execute(sql)
        for dataset in CURATED.values():
            found = lake.execute(f"DESCRIBE {qualified(dataset.name)}").fetchall()
            assert tuple(row[0] for row in found) == dataset.column_names


@pytest.mark.parametrize("dataset", CURATED.values(), ids=CURATED)
def test_what_may_not_be_null_says_so(dataset):
    sql = create_table(dataset)
    for column in dataset.columns:
        line = next(part for part in sql.splitlines() if part.startswith(f'  "{column.name}" '))
        assert line.rstrip(",").endswith(" NOT NULL") is not column.nullable


@pytest.mark.parametrize("dataset", CURATED.values(), ids=CURATED)
def test_the_primary_key_is_the_contracts_key(dataset):
    keys = ", ".join(f'"{name}"' for name in dataset.key)
    assert f"  PRIMARY KEY ({keys})\n" in create_table(dataset)


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("providers", 'DISTSTYLE ALL\nSORTKEY ("provider_id")'),
        ("clients", 'DISTSTYLE ALL\nSORTKEY ("client_id")'),
        ("market_daily", 'DISTSTYLE AUTO\nCOMPOUND SORTKEY ("date", "energy_type", "currency")'),
    ],
)
def test_rows_lie_as_their_table_is_asked(name, layout):
    assert create_table(CURATED[name]).endswith(f"\n)\n{layout}")


def test_a_mart_is_sorted_by_day_first_wherever_the_key_names_it():
    sql = create_table(table(key=("region", "date"), partition="date"))
    assert sql.endswith('COMPOUND SORTKEY ("date", "region")')


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (ColumnType.decimal(38, 2), "DECIMAL(38,2)"),
        (ColumnType.date(), "DATE"),
        (ColumnType.instant(), "TIMESTAMP"),
        (ColumnType.integer(), "BIGINT"),
        (ColumnType.boolean(), "BOOLEAN"),
        (ColumnType.text(), "VARCHAR(1024)"),
        (ColumnType.texts(), "SUPER"),
    ],
    ids=str,
)
def test_each_logical_type_has_its_redshift_type(given, wanted):
    assert redshift_type(of_type(given)) == wanted


@pytest.mark.parametrize(
    ("column", "limit"),
    [
        (text("energy_type", allowed=("wind", "solar")), 32),
        (text("code", role=Role.KEY), 512),
        (text("provider_id"), 512),
        (text("source_file", role=Role.LINEAGE), 1024),
        (text("city"), 1024),
    ],
    ids=lambda value: value.name if isinstance(value, Column) else str(value),
)
def test_a_text_is_as_long_as_its_kind_needs(column, limit):
    assert byte_limit(column) == limit


@pytest.mark.parametrize("dataset", CURATED.values(), ids=CURATED)
def test_every_allowed_value_fits_its_column(dataset):
    for column in dataset.columns:
        assert all(len(value.encode()) <= byte_limit(column) for value in column.allowed)


def test_staging_has_the_tables_columns_then_the_keys_that_leave_and_requires_none():
    staged = table(of_type(ColumnType.decimal(18, 6)), partition="day")
    assert create_staging(staged, {"id": "leaving_id"}) == (
        'CREATE TEMP TABLE "stage_things" (\n  "id" VARCHAR(1024),\n  "day" VARCHAR(1024),\n  "thing" DECIMAL(18,6),\n'
        '  "leaving_id" VARCHAR(1024)\n)\nDISTSTYLE KEY\nDISTKEY ("id")\nCOMPOUND SORTKEY ("day", "id")'
    )


@pytest.mark.parametrize("dataset", CURATED.values(), ids=CURATED)
def test_every_table_and_column_has_its_comment(dataset):
    lines = procedure_lines(statements([dataset], ACCESS))
    on_table = [line for line in lines if line.startswith(f'COMMENT ON TABLE "analytics"."{dataset.name}" ')]
    on_columns = [line for line in lines if line.startswith(f'COMMENT ON COLUMN "analytics"."{dataset.name}".')]
    assert on_table == [
        f'COMMENT ON TABLE "analytics"."{dataset.name}" IS {literal(f"{dataset.description} Grain: {dataset.grain}.")};'
    ]
    assert [line.split('"."')[2].split('"')[0] for line in on_columns] == list(dataset.column_names)


def test_a_comment_ends_with_the_unit():
    lines = procedure_lines(statements([CURATED["market_daily"]], ACCESS))
    assert (
        'COMMENT ON COLUMN "analytics"."market_daily"."sold_mwh" IS \'Energy sold; 0 where nothing was. [MWh]\';'
        in lines
    )


def test_a_column_that_a_contract_gained_is_added_if_it_is_not_there():
    lines = procedure_lines(statements([table(text("colour", nullable=True))], ACCESS))
    at = lines.index(
        "SELECT INTO found COUNT(*) FROM svv_columns WHERE table_schema = 'analytics' AND table_name = 'things' "
        "AND column_name = 'colour';"
    )
    assert lines[at + 1] == (
        'IF found = 0 THEN ALTER TABLE "analytics"."things" ADD COLUMN "colour" VARCHAR(1024); END IF;'
    )


def test_a_column_that_must_not_be_null_is_never_added_to_a_table_that_exists():
    lines = procedure_lines(statements([table(text("colour"), text("size", nullable=True), partition="day")], ACCESS))
    added = [line for line in lines if 'ALTER TABLE "analytics"."things"' in line]
    assert len(added) == 1
    assert "size" in added[0]


def test_the_row_that_every_load_changes_is_put_there_once():
    lines = procedure_lines(statements([], ACCESS))
    at = lines.index('SELECT INTO found COUNT(*) FROM "analytics"."load_state";')
    assert lines[at + 1] == ('IF found = 0 THEN INSERT INTO "analytics"."load_state" (load_number) VALUES (0); END IF;')


def test_a_view_has_plain_names_and_neither_lineage_nor_persons():
    columns = (
        text("trade_key", nullable=True),
        text("owner", sensitivity=Sensitivity.PERSONAL),
        text("file", role=Role.LINEAGE),
    )
    lines = procedure_lines(statements([table(*columns)], ACCESS))
    at = lines.index('DROP VIEW IF EXISTS "reporting"."things";')
    assert lines[at : at + 8] == [
        'DROP VIEW IF EXISTS "reporting"."things";',
        'CREATE VIEW "reporting"."things" AS SELECT "id" AS "id", "trade_key" AS "trade key" FROM "analytics"."things";',
        'COMMENT ON VIEW "reporting"."things" IS \'What is said of it. Grain: one row per thing.\';',
        'COMMENT ON COLUMN "reporting"."things"."id" IS \'The id.\';',
        'COMMENT ON COLUMN "reporting"."things"."trade key" IS \'The trade_key.\';',
        'GRANT SELECT ON "reporting"."things" TO ROLE "lake_engineer";',
        'GRANT SELECT ON "reporting"."things" TO ROLE "lake_bi";',
        'GRANT SELECT ON "reporting"."things" TO ROLE "lake_auditor";',
    ]


def test_a_key_that_may_be_null_is_refused():
    with pytest.raises(DdlError) as raised:
        statements([table(text("id", nullable=True))], ACCESS)
    assert str(raised.value) == "key id of things may be null, which no key of the warehouse may"


def test_a_table_called_like_a_book_of_the_warehouse_is_refused():
    with pytest.raises(
        DdlError, match=r"^loaded_files is a book of the warehouse's own; call the table something else$"
    ):
        statements([replace(table(), name="loaded_files")], ACCESS)


def test_roles_and_users_are_looked_for_before_they_are_made():
    lines = procedure_lines(statements(CURATED.values(), ACCESS))
    made = [(lines[at - 1], line) for at, line in enumerate(lines) if "EXECUTE" in line]
    wanted = []
    for persona, iam in {"loader": "warehouse-loader", **{p: f"persona-{p}" for p in ACCESS.persona_roles}}.items():
        user = f"IAMR:energy-lake-dev-{iam}"
        wanted += [
            (
                f"{FIND} svv_roles WHERE role_name = 'lake_{persona}';",
                f"IF found = 0 THEN EXECUTE 'CREATE ROLE \"lake_{persona}\"'; END IF;",
            ),
            (
                f"{FIND} pg_user WHERE LOWER(usename) = '{user.lower()}';",
                f"IF found = 0 THEN EXECUTE 'CREATE USER \"{user}\" PASSWORD DISABLE'; END IF;",
            ),
        ]
    assert made == wanted


def test_everything_is_taken_away_before_anything_is_granted():
    lines = procedure_lines(statements(CURATED.values(), ACCESS))
    for role in ("loader", "engineer", "bi", "auditor"):
        revoked = lines.index(f'REVOKE ALL ON ALL TABLES IN SCHEMA "analytics" FROM ROLE "lake_{role}";')
        granted = [at for at, line in enumerate(lines) if line.startswith("GRANT") and f'TO ROLE "lake_{role}"' in line]
        assert granted
        assert revoked < min(granted)


def test_the_grants_are_these_and_no_others():
    lines = procedure_lines(
        statements([table(text("colour"), text("owner", sensitivity=Sensitivity.PERSONAL))], ACCESS)
    )
    granted = [line for line in lines if line.startswith("GRANT") and '" TO "IAMR:' not in line]
    assert [line for line in granted if ' ON "reporting".' not in line] == [
        'GRANT USAGE ON SCHEMA "analytics" TO ROLE "lake_loader";',
        'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "analytics" TO ROLE "lake_loader";',
        'GRANT TEMP ON DATABASE "energy_lake" TO ROLE "lake_loader";',
        "GRANT ASSUMEROLE ON 'arn:aws:iam::123456789012:role/energy-lake-dev-redshift-copy' TO ROLE \"lake_loader\" FOR COPY;",
        'GRANT USAGE ON SCHEMA "analytics" TO ROLE "lake_engineer";',
        'GRANT USAGE ON SCHEMA "reporting" TO ROLE "lake_engineer";',
        'GRANT SELECT ON ALL TABLES IN SCHEMA "analytics" TO ROLE "lake_engineer";',
        'GRANT USAGE ON SCHEMA "analytics" TO ROLE "lake_auditor";',
        'GRANT USAGE ON SCHEMA "reporting" TO ROLE "lake_auditor";',
        'GRANT SELECT ON ALL TABLES IN SCHEMA "analytics" TO ROLE "lake_auditor";',
        'GRANT USAGE ON SCHEMA "analytics" TO ROLE "lake_bi";',
        'GRANT USAGE ON SCHEMA "reporting" TO ROLE "lake_bi";',
        'GRANT SELECT ("id", "colour") ON "analytics"."things" TO ROLE "lake_bi";',
        'GRANT ROLE sys:monitor TO ROLE "lake_auditor";',
    ]


def test_nobody_but_the_loader_may_use_the_copy_role():
    lines = procedure_lines(statements(CURATED.values(), ACCESS))
    revoked, granted = (
        [at for at, line in enumerate(lines) if line.startswith(f"{word} ASSUMEROLE")] for word in ("REVOKE", "GRANT")
    )
    assert lines[revoked[0]] == "REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL;"
    assert len(revoked) == len(granted) == 1
    assert revoked < granted


def test_bi_sees_no_personal_column():
    lines = procedure_lines(statements(CURATED.values(), ACCESS))
    seen = " ".join(line for line in lines if line.startswith("GRANT SELECT") and 'TO ROLE "lake_bi"' in line)
    personal = [c.name for d in CURATED.values() for c in d.columns if c.sensitivity == Sensitivity.PERSONAL]
    assert personal == ["identification", "client_name"]
    assert not [name for name in personal if f'"{name}"' in seen]


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_persona_sees_the_columns_that_lake_formation_shows_it(persona):
    lines = procedure_lines(statements(CURATED.values(), ACCESS))
    everything = f'GRANT SELECT ON ALL TABLES IN SCHEMA "analytics" TO ROLE "lake_{persona}";' in lines
    assert everything is ("personal" in PERSONA_SIGHT[persona].sensitivities)


def test_a_column_that_became_personal_is_taken_from_bi():
    lines = procedure_lines(statements([table(text("owner", sensitivity=Sensitivity.PERSONAL))], ACCESS))
    assert 'REVOKE SELECT ("id", "owner") ON "analytics"."things" FROM ROLE "lake_bi";' in lines


def test_a_persona_that_is_left_away_gets_nothing():
    lone = Access(database="energy_lake", loader_role="loads", copy_role_arn="arn:aws:iam::123456789012:role/copy")
    roles = set(re.findall(r"lake_[a-z]+", "\n".join(procedure_lines(statements(CURATED.values(), lone)))))
    assert roles - {"lake_engineer", "lake_bi", "lake_auditor"} >= {"lake_loader"}
    assert not roles & {"lake_engineer", "lake_bi", "lake_auditor"}


def test_an_analyst_has_no_place_in_the_warehouse():
    with pytest.raises(DdlError) as raised:
        Access(database="d", loader_role="l", copy_role_arn="c", persona_roles={"analyst": "a", "bi": "b"})
    assert str(raised.value) == (
        "persona_roles names analyst, allowed are engineer, bi, auditor: "
        "leave the others away, an analyst asks Athena, where the region filter holds"
    )


@pytest.mark.parametrize(
    ("name", "quoted"), [("date", '"date"'), ('a"; DROP TABLE x; --', '"a""; DROP TABLE x; --"'), ("é", '"é"')]
)
def test_nothing_in_a_name_ends_it(name, quoted):
    assert identifier(name) == quoted
    assert qualified(name) == f'"analytics".{quoted}'


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 128, "é" * 64])
def test_a_name_that_redshift_could_not_have_is_refused(name):
    with pytest.raises(DdlError, match=r"is no identifier: allowed are 1 to 127 bytes without NUL"):
        identifier(name)


@pytest.mark.parametrize(
    ("given", "quoted"), [("it's", "'it''s'"), ("a\\", "'a\\\\'"), ("\\'", "'\\\\'''"), ("×", "'×'"), ("", "''")]
)
def test_nothing_in_a_text_ends_it(given, quoted):
    assert literal(given) == quoted


def test_a_text_with_a_nul_is_refused():
    with pytest.raises(DdlError, match=r"holds a NUL, which no text of Redshift's may; take it out"):
        literal("a\0")


def test_a_description_cannot_end_the_procedure():
    with pytest.raises(DdlError) as raised:
        statements([table(description="It costs $$ a lot.")], ACCESS)
    assert str(raised.value) == "a name or description holds $$, which ends a procedure's body; write it in another way"


def test_a_statement_that_the_data_api_would_refuse_is_refused_here():
    with pytest.raises(DdlError) as raised:
        statements([table(description="x" * 100_000)], ACCESS)
    assert re.fullmatch(
        r"procedure apply_contracts has 10\d{4} bytes, the Data API takes 100000: shorten descriptions",
        str(raised.value),
    )
