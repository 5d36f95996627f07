"""The Data Catalog of a stack: its encryption, a database a zone, and the tables of the curated zone.

Databases carry no default permissions of their own: they take what the account's Lake Formation settings say at the
moment they are created, so those settings have to come first (pass them in the component's ``depends_on``).
"""

from collections.abc import Mapping

import pulumi_aws as aws

from components.glue_scope import Scope
from components.glue_specs import TableSpec
from components.policies import names

__all__ = ["curated_tables", "databases", "encryption"]

_PURPOSE = {
    "raw": "CSV files as delivered, one table a dataset and source; every column is text.",
    "processed": "Typed, validated rows of every delivery, one table a dataset.",
    "curated": "The newest version of everything, enriched, and the marts; what analysts read.",
}

_PARQUET = {
    "input_format": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "output_format": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "library": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
}


def encryption(scope: Scope) -> aws.glue.DataCatalogEncryptionSettings | None:
    """Metadata and connection passwords encrypted with the lake's key; None where another stack of the account does it.

    Whoever reads the catalog then needs ``kms:Decrypt`` on the key, through Glue.
    """
    if not scope.args.encrypt_catalog:
        return None
    return aws.glue.DataCatalogEncryptionSettings(
        f"{scope.name}-encryption",
        data_catalog_encryption_settings={
            "encryption_at_rest": {
                "catalog_encryption_mode": "SSE-KMS",
                "sse_aws_kms_key_id": scope.args.key_arn,
            },
            "connection_password_encryption": {
                "return_connection_password_encrypted": True,
                "aws_kms_key_id": scope.args.key_arn,
            },
        },
        opts=scope.options(),
    )


def databases(
    scope: Scope, encrypted: aws.glue.DataCatalogEncryptionSettings | None
) -> Mapping[str, aws.glue.CatalogDatabase]:
    """Zone -> its database. They wait for the encryption, which does not reach back to what is there already."""
    first = [encrypted] if encrypted else []
    return {
        zone: aws.glue.CatalogDatabase(
            f"{scope.name}-{zone}-database",
            name=names.database_name(scope.args.prefix, zone),
            description=_PURPOSE[zone],
            location_uri=scope.uri(zone),
            tags=scope.args.tags,
            opts=scope.options(*first),
        )
        for zone in names.CATALOG_ZONES
    }


def curated_tables(scope: Scope, database: aws.glue.CatalogDatabase) -> Mapping[str, aws.glue.CatalogTable]:
    """Table name -> the table, as the contracts declare it. The job registers its partitions as it writes them.

    Registered partitions are what Athena and Redshift Spectrum both see; partition projection would be Athena's alone.
    There is no partition index: with one partition a day it pays off after decades only.
    """
    return {table.name: _curated_table(scope, database, table) for table in scope.args.curated_tables}


def _curated_table(scope: Scope, database: aws.glue.CatalogDatabase, table: TableSpec) -> aws.glue.CatalogTable:
    return aws.glue.CatalogTable(
        f"{scope.name}-curated-{table.name}",
        name=table.name,
        database_name=database.name,
        description=table.description,
        table_type="EXTERNAL_TABLE",
        parameters={"EXTERNAL": "TRUE", "classification": "parquet", "typeOfData": "file"},
        partition_keys=[{"name": key.name, "type": key.type, "comment": key.comment} for key in table.partition_keys],
        storage_descriptor={
            "location": scope.uri("curated", table.folder),
            "input_format": _PARQUET["input_format"],
            "output_format": _PARQUET["output_format"],
            "columns": [
                {"name": column.name, "type": column.type, "comment": column.comment} for column in table.columns
            ],
            "ser_de_info": {
                "name": "parquet",
                "serialization_library": _PARQUET["library"],
                "parameters": {"serialization.format": "1"},
            },
        },
        opts=scope.options(),
    )
