"""The contract of `clients`: the homes, shops, factories and market participants that the company sells to."""

from contracts.credit import CREDIT_COLUMNS, CREDIT_RULES
from contracts.enumerated import enumerated_rules
from contracts.lineage import LINEAGE
from contracts.lines import LINE_RULES
from contracts.model import (
    Column,
    ColumnType,
    Dataset,
    Kind,
    Parses,
    Present,
    Role,
    Rule,
    Sensitivity,
    Severity,
    ValidIdentifier,
)
from contracts.vocabulary import CLIENT_TYPES

__all__ = ["CLIENTS"]

CLIENTS = Dataset(
    name="clients",
    kind=Kind.DELIVERED,
    grain="one row per client and delivered version",
    description="The homes, shops, factories and market participants that the company sells energy to.",
    key=("client_id",),
    columns=(
        Column(
            name="client_id",
            type=ColumnType.text(),
            role=Role.KEY,
            description="The client's identifier, as transactions name it.",
        ),
        Column(
            name="id_type",
            type=ColumnType.text(),
            nullable=True,
            description="The kind of identity document (DNI, RUC, CE, NIT, ...), or EIC or LEI; null where none was given.",
        ),
        Column(
            name="identification",
            type=ColumnType.text(),
            nullable=True,
            sensitivity=Sensitivity.PERSONAL,
            description="The number of the identity document; null where none was given.",
        ),
        Column(
            name="client_name",
            type=ColumnType.text(),
            nullable=True,
            sensitivity=Sensitivity.PERSONAL,
            description="The client's name; null where the source did not give one.",
        ),
        Column(
            name="city",
            type=ColumnType.text(),
            nullable=True,
            description="Where the client is supplied; null where the source does not say.",
        ),
        Column(
            name="client_type",
            type=ColumnType.text(),
            allowed=CLIENT_TYPES,
            description="The client's segment or market role.",
        ),
        Column(
            name="region",
            type=ColumnType.text(),
            nullable=True,
            description="The region the client is supplied in; null where the source does not say.",
        ),
        Column(
            name="contract_start_date",
            type=ColumnType.date(),
            nullable=True,
            description="First day of the client's contract; null where there is none or it is not known.",
        ),
        *CREDIT_COLUMNS,
        *LINEAGE,
    ),
    rules=(
        *LINE_RULES,
        Rule(
            code="client_id_missing",
            check=Present("client_id"),
            sentence="The client has no identifier; without one no transaction can name it.",
        ),
        Rule(
            code="client_name_missing",
            check=Present("client_name"),
            severity=Severity.WARN,
            sentence="The client has no name; reports will show its identifier.",
        ),
        *enumerated_rules("client_type", "The client type", CLIENT_TYPES),
        Rule(
            code="contract_start_bad_date",
            check=Parses("contract_start_date"),
            sentence="The contract's start is not a date of the years 1900 to 2199 in a format the source declares.",
        ),
        Rule(
            code="identification_check_failed",
            check=ValidIdentifier("identification", scheme_column="id_type"),
            severity=Severity.WARN,
            sentence="The number is not a valid one of its kind (NIT, RUC, NIF, EIC, LEI); it was probably mistyped.",
        ),
        *CREDIT_RULES,
    ),
)
