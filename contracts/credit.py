"""How far the company trusts a counterparty with money: the columns and rules that providers and clients share."""

from contracts.model import AtLeast, Column, ColumnType, GivenWith, OneOf, Parses, Rule, Severity
from contracts.vocabulary import CURRENCIES

__all__ = ["CREDIT_COLUMNS", "CREDIT_RULES"]

CREDIT_COLUMNS = (
    Column(
        name="credit_limit",
        type=ColumnType.decimal(18, 2),
        nullable=True,
        unit="credit_currency",
        description="The largest exposure that the company accepts, in `credit_currency`; null where no limit was set.",
    ),
    Column(
        name="credit_currency",
        type=ColumnType.text(),
        nullable=True,
        allowed=CURRENCIES,
        description="ISO 4217 code of the limit; null where there is none or the source does not say.",
    ),
)

CREDIT_RULES = (
    Rule(
        code="credit_limit_bad_number",
        check=Parses("credit_limit"),
        sentence="The credit limit is not a number in the source's decimal notation, or has more than 16 digits.",
    ),
    Rule(
        code="credit_limit_negative",
        check=AtLeast("credit_limit", 0),
        sentence="The credit limit is below zero; 0 is no trust at all.",
    ),
    Rule(
        code="credit_currency_unknown",
        check=OneOf("credit_currency"),
        sentence="The currency of the credit limit is not an ISO 4217 code of money in use.",
    ),
    Rule(
        code="credit_currency_missing",
        check=GivenWith("credit_currency", "credit_limit"),
        severity=Severity.WARN,
        sentence="There is a credit limit without a currency; nothing can be compared with it.",
    ),
)
