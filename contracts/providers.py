"""The contract of `providers`: the generators that the company buys from."""

from contracts.credit import CREDIT_COLUMNS, CREDIT_RULES
from contracts.enumerated import enumerated_rules
from contracts.lineage import LINEAGE
from contracts.lines import LINE_RULES
from contracts.model import (
    AtLeast,
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
from contracts.vocabulary import ENERGY_TYPES

__all__ = ["PROVIDERS"]

PROVIDERS = Dataset(
    name="providers",
    kind=Kind.DELIVERED,
    grain="one row per provider and delivered version",
    description="The generators that the company buys energy from.",
    key=("provider_id",),
    columns=(
        Column(
            name="provider_id",
            type=ColumnType.text(),
            role=Role.KEY,
            sensitivity=Sensitivity.PUBLIC,
            description="The provider's identifier, as transactions name it.",
        ),
        Column(
            name="provider_name",
            type=ColumnType.text(),
            nullable=True,
            sensitivity=Sensitivity.PUBLIC,
            description="The provider's name; null where the source did not give one.",
        ),
        Column(
            name="energy_type",
            type=ColumnType.text(),
            allowed=ENERGY_TYPES,
            sensitivity=Sensitivity.PUBLIC,
            description="What the provider generates from.",
        ),
        Column(
            name="capacity_mw",
            type=ColumnType.decimal(18, 6),
            nullable=True,
            unit="MW",
            sensitivity=Sensitivity.PUBLIC,
            description="Installed capacity. Power, not energy: it must not be summed over time. Null where not known.",
        ),
        Column(
            name="region",
            type=ColumnType.text(),
            nullable=True,
            sensitivity=Sensitivity.PUBLIC,
            description="The region the provider feeds in; null where the source does not say.",
        ),
        Column(
            name="contract_start_date",
            type=ColumnType.date(),
            nullable=True,
            description="First day of the contract with the provider; null where there is none or it is not known.",
        ),
        Column(
            name="eic_code",
            type=ColumnType.text(),
            nullable=True,
            sensitivity=Sensitivity.PUBLIC,
            description="Energy Identification Code of the provider (ENTSO-E); null where the source gives none.",
        ),
        Column(
            name="lei",
            type=ColumnType.text(),
            nullable=True,
            sensitivity=Sensitivity.PUBLIC,
            description="Legal Entity Identifier of the provider (ISO 17442); null where the source gives none.",
        ),
        *CREDIT_COLUMNS,
        *LINEAGE,
    ),
    rules=(
        *LINE_RULES,
        Rule(
            code="provider_id_missing",
            check=Present("provider_id"),
            sentence="The provider has no identifier; without one no transaction can name it.",
        ),
        Rule(
            code="provider_name_missing",
            check=Present("provider_name"),
            severity=Severity.WARN,
            sentence="The provider has no name; reports will show its identifier.",
        ),
        *enumerated_rules("energy_type", "The energy type", ENERGY_TYPES),
        Rule(
            code="capacity_bad_number",
            check=Parses("capacity_mw"),
            sentence="The capacity is not a number in the source's decimal notation, or too large for 12 digits of MW.",
        ),
        Rule(
            code="capacity_negative",
            check=AtLeast("capacity_mw", 0),
            sentence="The capacity is below zero; a plant has 0 MW or more.",
        ),
        Rule(
            code="contract_start_bad_date",
            check=Parses("contract_start_date"),
            sentence="The contract's start is not a date of the years 1900 to 2199 in a format the source declares.",
        ),
        Rule(
            code="eic_check_failed",
            check=ValidIdentifier("eic_code", scheme="EIC"),
            severity=Severity.WARN,
            sentence="The EIC has not the form of one, or another check character; it was probably mistyped.",
        ),
        Rule(
            code="lei_check_failed",
            check=ValidIdentifier("lei", scheme="LEI"),
            severity=Severity.WARN,
            sentence="The LEI has not the form of one, or other check digits; it was probably mistyped.",
        ),
        *CREDIT_RULES,
    ),
)
