"""The contracts for others: they are of the standard, they say what ours say, and the files in `docs/` are current.

The standard is asked twice: its own JSON schema, and the package that its tools read contracts with.
"""

import json
from importlib import metadata, resources
from pathlib import Path

import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from contracts import CURATED, DELIVERED
from contracts.odcs import ZONES, documents
from lake.contract_files import as_yaml

FOLDER = Path(__file__).parents[2] / "docs" / "contracts"
DOCUMENTS = documents(metadata.version("energy-lake"))
TEXTS = {path: as_yaml(document) for path, document in DOCUMENTS.items()}
"""As they are written; it takes a moment."""
SCHEMA = json.loads(resources.files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8"))


def test_every_dataset_that_others_read_has_one_document_with_an_id_of_its_own():
    assert set(DOCUMENTS) == {f"processed/{name}.odcs.yaml" for name in DELIVERED} | {
        f"curated/{name}.odcs.yaml" for name in CURATED
    }
    assert len({document["id"] for document in DOCUMENTS.values()}) == len(DOCUMENTS)


def test_the_files_in_docs_are_what_the_contracts_say_now_and_no_others_are_there():
    files = {file.relative_to(FOLDER).as_posix() for zone in ZONES for file in (FOLDER / zone).iterdir()}
    assert files == set(DOCUMENTS), "run `lake contract write`"
    for path in DOCUMENTS:
        assert (FOLDER / path).read_text(encoding="utf-8") == TEXTS[path], f"{path}: run `lake contract write`"


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_file_keeps_the_standard_s_schema(path: str):
    jsonschema.Draft201909Validator(SCHEMA).validate(yaml.load(TEXTS[path], Loader=yaml.CSafeLoader))


def test_a_document_that_breaks_the_standard_s_schema_is_told_from_one_that_keeps_it():
    broken = DOCUMENTS["curated/market_daily.odcs.yaml"] | {"columns": []}
    with pytest.raises(jsonschema.ValidationError, match="columns"):
        jsonschema.Draft201909Validator(SCHEMA).validate(broken)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_the_standard_s_own_reader_finds_every_column_with_its_type_null_key_and_partition(path: str):
    read = OpenDataContractStandard.from_string(TEXTS[path])
    zone, name = path.removesuffix(".odcs.yaml").split("/")
    dataset = ZONES[zone][name]
    [table] = read.schema_ or []
    columns = table.properties or []

    assert (read.apiVersion, read.id, table.name) == ("v3.2.0", f"energy-lake.{zone}.{name}", name)
    assert [column.name for column in columns] == list(dataset.column_names)
    assert [not column.required for column in columns] == [column.nullable for column in dataset.columns]
    assert [column.classification for column in columns] == [column.sensitivity for column in dataset.columns]
    keyed = sorted((column.primaryKeyPosition, column.name) for column in columns if column.primaryKey)
    assert [found for _, found in keyed] == (list(dataset.key) if zone == "curated" else [])
    assert [column.name for column in columns if column.partitioned] == [dataset.partition] * bool(dataset.partition)
    for column, ours in zip(columns, dataset.columns, strict=True):
        assert tuple(entry.value for entry in column.enum or ()) == ours.allowed
        assert {p.property: p.value for p in column.customProperties or ()}.get("unit", "") == ours.unit
        if ours.type.name == "decimal":
            assert column.physicalType == str(ours.type)


def test_a_key_is_promised_to_be_unique_only_where_it_is():
    curated, processed = (DOCUMENTS[f"{zone}/transactions.odcs.yaml"]["schema"][0] for zone in ("curated", "processed"))
    assert [rule["metric"] for rule in curated["quality"]] == ["duplicateValues"]
    assert curated["quality"][0]["arguments"] == {"properties": ["transaction_id"]}
    assert "duplicateValues" not in str(processed)
    assert processed["customProperties"] == [{"property": "versionedKey", "value": ["transaction_id"]}]


def test_every_curated_column_says_what_it_is_made_of():
    [table] = DOCUMENTS["curated/market_daily.odcs.yaml"]["schema"]
    made_of = {column["name"]: column["transformSourceObjects"] for column in table["properties"]}
    assert made_of["bought_vwap"] == ["curated/transactions.quantity_mwh", "curated/transactions.price_per_mwh"]
    assert all(made_of.values())


def test_every_rule_of_a_delivered_dataset_stands_with_its_code_sentence_severity_and_check():
    for name, dataset in DELIVERED.items():
        quality = DOCUMENTS[f"processed/{name}.odcs.yaml"]["schema"][0]["quality"]
        assert [rule["name"] for rule in quality] == [rule.code for rule in dataset.rules]
        assert [rule["description"] for rule in quality] == [rule.sentence for rule in dataset.rules]
        for told, rule in zip(quality, dataset.rules, strict=True):
            assert told["severity"] == {"reject": "error", "warn": "warning", "off": "info"}[rule.severity]
            assert told["implementation"]["check"] == type(rule.check).__name__


def test_what_is_read_from_a_file_is_what_was_written_into_it():
    for path, document in DOCUMENTS.items():
        assert yaml.load(TEXTS[path], Loader=yaml.CSafeLoader) == document


def test_a_release_is_written_with_its_version():
    assert {document["version"] for document in documents("7.1.0").values()} == {"7.1.0"}
