"""Where the emulator answers, and how its own parts call it: through AWS's calls, on the loopback, as everybody else does."""

from typing import Any

import boto3
from botocore.config import Config

from local_aws.identity import REGION, Keys
from local_aws.loopback import DEFAULT_PORT, HOST

__all__ = ["client", "endpoint", "is_at"]

_SECONDS_OF_A_CALL = 60


class _Here:
    port = DEFAULT_PORT


def is_at(port: int) -> None:
    """Says which port this process answers on."""
    _Here.port = port


def endpoint() -> str:
    """The address of the emulator in whose process this runs."""
    return f"http://{HOST}:{_Here.port}"


def client(service: str, keys: Keys | None = None, *, at: str | None = None, region: str = REGION) -> Any:  # noqa: ANN401 - boto3 makes its clients' classes at run time
    """A boto3 client of the emulator.

    Args:
        service: As boto3 names it.
        keys: Whose keys; the root's by default.
        at: The emulator's address; by default the one in whose process this runs.
        region: The region.
    """
    return boto3.client(
        service,
        endpoint_url=at or endpoint(),
        region_name=region,
        aws_access_key_id=keys.access_key if keys else "test",
        aws_secret_access_key=keys.secret_key if keys else "test",
        aws_session_token=keys.token if keys else None,
        config=Config(
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 2},
            read_timeout=_SECONDS_OF_A_CALL,
            max_pool_connections=32,
            proxies={},
        ),
    )
