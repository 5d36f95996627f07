"""S3: bucket policies are not decided here, and the EventBridge setting of a bucket can be read back.

Proves nothing about who may do what: `auth.py` decides that, where it is asked for.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, FakeDeleteMarker
from moto.s3.responses import S3Response

from local_aws.fixes import patching

__all__ = ["install"]


def install() -> None:
    """Changes moto's S3."""
    patching.replace(FakeBucket, "get_permission", _undecided)
    patching.replace(FakeBucket, "_log_permissions_enabled_policy", _may_write_logs)
    patching.wrap(S3Response, "get_bucket_notification", _with_event_bridge)
    patching.add(FakeDeleteMarker, "dispose", _nothing_to_dispose)


def _undecided(_bucket: FakeBucket, _action: str, _resource: str) -> PermissionResult:
    """AWS evaluates a bucket policy whole. moto applies every Deny of it, whatever its principal and condition.

    A bucket that refuses unencrypted uploads would refuse all of them.
    """
    return PermissionResult.NEUTRAL


def _may_write_logs(
    _bucket: FakeBucket,
    target_bucket: FakeBucket,  # noqa: ARG001 - moto gives both by name
    target_prefix: str | None,  # noqa: ARG001 - as above
) -> bool:
    """AWS lets access logs go where the target's policy lets the logging service write. moto wants one spelling of it.

    Whether the policy is right is proved by `tests/components/test_policies_s3.py`.
    """
    return True


def _with_event_bridge(original: Any, response: S3Response) -> Any:  # noqa: ANN401 - moto's responses have many shapes
    """AWS gives the setting back. moto keeps it, sends its events, and does not give it back."""
    configuration = response.backend.get_bucket_notification_configuration(response.bucket_name)
    if configuration is None or configuration.event_bridge is None:
        return original(response)
    serialized = response.serialized

    def with_setting(result: ActionResult) -> Any:  # noqa: ANN401 - as above
        content = result.result
        return serialized(
            ActionResult({**content, "EventBridgeConfiguration": {}} if isinstance(content, dict) else content)
        )

    response.serialized = with_setting  # type: ignore[method-assign,assignment]  # one request has one response object
    return original(response)


def _nothing_to_dispose(_marker: FakeDeleteMarker) -> None:
    """AWS deletes delete markers like any version. moto fails at them where versioning was suspended, as a destroy does first."""
