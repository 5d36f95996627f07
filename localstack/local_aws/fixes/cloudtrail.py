"""CloudTrail: a trail is deleted by its ARN too. Nothing is recorded, and no file of a trail is ever written."""

from typing import Any

from moto.cloudtrail.models import CloudTrailBackend

from local_aws.fixes import patching

__all__ = ["install"]


def install() -> None:
    """Changes moto's CloudTrail."""
    patching.wrap(CloudTrailBackend, "delete_trail", _delete)


def _delete(original: Any, backend: CloudTrailBackend, name: str) -> None:  # noqa: ANN401 - moto's own method
    """AWS deletes a trail by name or ARN, and refuses one that is not there. moto knows the name only, and says nothing."""
    original(backend, backend.get_trail(name).trail_name)
