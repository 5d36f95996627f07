"""Who calls, and the keys that a service borrows to act as a role.

Nothing is verified: a signature is never checked, so this proves no authentication. With the emulator's `--auth`,
`auth.py` decides what a caller may do.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

__all__ = ["ACCOUNT_ID", "PARTITION", "REGION", "ROOT", "Caller", "Keys", "caller", "is_known", "lend", "owner_of"]

ACCOUNT_ID = "123456789012"
"""The one account there is."""
PARTITION = "aws"
REGION = "eu-west-1"
"""Where the stack `local` lives; services of the account as a whole are asked in the partition instead."""

ROOT = f"arn:aws:iam::{ACCOUNT_ID}:root"

_CREDENTIAL = re.compile(r"Credential=([^/,\s&]+)/")
_LONGEST_SESSION_SECONDS = 43_200


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who signed a request.

    Attributes:
        arn: The principal as policies and Lake Formation name it: a role's own ARN (not the session's), a user's, or the
            account's root.
        role_name: The role, where its keys were borrowed; None for a user and for the root.
        access_key: The key that signed; empty for an unsigned request.
    """

    arn: str
    role_name: str | None
    access_key: str

    @property
    def is_root(self) -> bool:
        """Whether this is the account itself, which may do everything."""
        return self.arn == ROOT


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Borrowed credentials of a role."""

    access_key: str
    secret_key: str
    token: str

    def environment(self) -> dict[str, str]:
        """As the settings that every AWS SDK reads."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": self.token,
        }


def caller(headers: Mapping[str, str], query: str = "") -> Caller:
    """Who signed a request.

    AWS refuses keys that it does not know. Here every key that belongs to no role and no user is the account's root, as
    with other emulators, so that `test` works without having been created.

    Args:
        headers: The request's, in whatever case.
        query: Its query string, which names the key of a presigned address.
    """
    signed = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    found = _CREDENTIAL.search(signed) or _CREDENTIAL.search(unquote(query))
    return owner_of(found[1] if found else "")


def owner_of(access_key: str) -> Caller:
    """The principal that a key belongs to; the root where it belongs to nobody."""
    role_arn = _role_of(access_key)
    if role_arn:
        return Caller(arn=role_arn, role_name=role_arn.rsplit("/", 1)[-1], access_key=access_key)
    user = iam_backends[ACCOUNT_ID][PARTITION].get_user_from_access_key_id(access_key) if access_key else None
    return Caller(arn=user.arn if user else ROOT, role_name=None, access_key=access_key)


def is_known(access_key: str) -> bool:
    """Whether a key is the root's (`test`, or the account's number), a role's or a user's."""
    return access_key in {"test", ACCOUNT_ID} or not owner_of(access_key).is_root


def lend(role_arn: str, session: str) -> Keys:
    """Keys for a service that acts as a role, as Glue does for a job. The role's trust policy is not asked."""
    role = sts_backends[ACCOUNT_ID][PARTITION].assume_role(
        region_name=REGION,
        role_session_name=session,
        role_arn=role_arn,
        policy="",
        duration=_LONGEST_SESSION_SECONDS,
        external_id="",
    )
    return Keys(access_key=role.access_key_id, secret_key=role.secret_access_key, token=role.session_token)


def _role_of(access_key: str) -> str:
    if not access_key:
        return ""
    role = sts_backends[ACCOUNT_ID][PARTITION].get_assumed_role_from_access_key(access_key)
    return role.role_arn if role else ""
