"""Athena: named queries and prepared statements can be deleted. Running queries is the work of `local_aws/sql/`."""

from moto.athena.responses import AthenaResponse

from local_aws.fixes import patching

__all__ = ["install"]


def install() -> None:
    """Changes moto's Athena."""
    patching.add(AthenaResponse, "delete_named_query", _delete_named_query)
    patching.add(AthenaResponse, "delete_prepared_statement", _delete_prepared_statement)


def _delete_named_query(response: AthenaResponse) -> str:
    """AWS deletes named queries. moto cannot, and answers with a fault of its own."""
    response.athena_backend.named_queries.pop(patching.asked(response, "NamedQueryId"), None)
    return "{}"


def _delete_prepared_statement(response: AthenaResponse) -> str:
    """As with named queries."""
    response.athena_backend.prepared_statements.pop(patching.asked(response, "StatementName"), None)
    return "{}"
