"""The stack's settings: the only reader of Pulumi's configuration.

Every setting is described, typed and given its default (where it has one) in ``Pulumi.yaml``; the stacks' own values are in
``Pulumi.<stack>.yaml``. Here they become one frozen, checked value; nothing is looked up and no cloud is asked.
"""

import re
from dataclasses import dataclass, fields
from typing import Any, NoReturn, get_type_hints

import pulumi

__all__ = ["Settings", "SettingsError", "camel", "load"]

WAREHOUSES = ("cluster", "serverless")
ACCOUNT = re.compile(r"\d{12}")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
ARN = re.compile(r"arn:[a-z-]+:(iam|sts)::\d{12}:\S+")
GIGABYTE = 1024**3


class SettingsError(ValueError):
    """A setting is missing, malformed, or does not go with another; the message says the way out."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a stack is told. Each field is described in ``Pulumi.yaml`` under its name in camelCase.

    Empty text, an empty list and 0 stand for "none" where ``Pulumi.yaml`` says so.
    """

    stack: str
    region: str

    account_id: str
    cost_center: str
    endpoint: str
    destroyable: bool

    deployer: str
    administrators: tuple[str, ...]
    deliverers: tuple[str, ...]

    raw_lock_days: int
    raw_replaced_days: int
    results_days: int
    access_log_days: int

    worker_type: str
    workers: int
    auto_scaling: bool
    execution_class: str
    job_timeout_minutes: int
    job_retries: int
    engine: str
    log_days: int
    schedule: str
    start_on_schedule: bool
    start_on_delivery: bool
    batch_size: int
    batch_window_seconds: int
    encrypt_catalog: bool

    alert_emails: tuple[str, ...]
    rejected_percent: int
    refused_files: int
    stale_after_hours: int
    due_days: int
    daily_cost_usd: int
    lineage_url: str

    govern_crawlers: bool
    default_database: str
    analyst_regions: tuple[str, ...]
    analyst_whole_tables: tuple[str, ...]
    engineers: tuple[str, ...]
    analysts: tuple[str, ...]
    auditors: tuple[str, ...]
    bi_users: tuple[str, ...]
    require_mfa: bool
    shared_accounts: tuple[str, ...]
    audit_days: int
    audit_search_days: int

    engineer_scan_gb: int
    analyst_scan_gb: int
    auditor_scan_gb: int
    bi_scan_gb: int

    warehouse: str
    node_type: str
    nodes: int
    snapshot_days: int
    pause: str
    resume: str
    timezone: str
    base_rpu: int
    max_rpu: int
    monthly_rpu_hours: int
    vpc_cidr: str
    availability_zones: tuple[str, ...]
    client_cidrs: tuple[str, ...]

    monthly_budget_usd: int

    def __post_init__(self) -> None:
        """Refuse what is malformed, then what does not go together."""
        self._check_identity()
        self._check_principals()
        self._check_pairs()

    @property
    def prefix(self) -> str:
        """The beginning of every name of the stack."""
        return f"energy-lake-{self.stack}"

    @property
    def tags(self) -> dict[str, str]:
        """The tags of every resource; ``environment`` is the one that costs are told apart by."""
        return {"project": "energy-lake", "environment": self.stack, "cost-center": self.cost_center}

    @property
    def is_emulated(self) -> bool:
        """Whether the stack is deployed to an emulator instead of AWS."""
        return bool(self.endpoint)

    @property
    def all_administrators(self) -> tuple[str, ...]:
        """Everybody who administers the lake, the deployer first."""
        return tuple(dict.fromkeys((self.deployer, *self.administrators)))

    def trusted(self) -> dict[str, tuple[str, ...]]:
        """Persona -> who may take on its role; an empty setting leaves it to the account's own IAM policies."""
        named = {
            "analyst": self.analysts,
            "auditor": self.auditors,
            "bi": self.bi_users,
            "engineer": self.engineers,
        }
        account = (f"arn:aws:iam::{self.account_id}:root",)
        return {persona: principals or account for persona, principals in named.items()}

    def scan_limits(self) -> dict[str, int]:
        """Persona -> the bytes that one Athena query may scan."""
        gigabytes = {
            "analyst": self.analyst_scan_gb,
            "auditor": self.auditor_scan_gb,
            "bi": self.bi_scan_gb,
            "engineer": self.engineer_scan_gb,
        }
        return {persona: limit * GIGABYTE for persona, limit in gigabytes.items()}

    def _check_identity(self) -> None:
        if not ACCOUNT.fullmatch(self.account_id):
            _refuse(
                "account_id", self.account_id, "the account's 12 digits", "pulumi config set accountId 123456789012"
            )
        if not REGION.fullmatch(self.region):
            _refuse("aws:region", self.region, "a region such as eu-west-1", "pulumi config set aws:region eu-west-1")
        if self.warehouse not in WAREHOUSES:
            _refuse(
                "warehouse", self.warehouse, f"one of {', '.join(WAREHOUSES)}", "serverless for a few questions a day"
            )
        for name in ("engineer_scan_gb", "analyst_scan_gb", "auditor_scan_gb", "bi_scan_gb", "monthly_budget_usd"):
            if getattr(self, name) < 1:
                _refuse(name, getattr(self, name), "1 or more", "it is what keeps a mistake from becoming a bill")

    def _check_principals(self) -> None:
        for name in ("administrators", "deliverers", "engineers", "analysts", "auditors", "bi_users"):
            for arn in getattr(self, name):
                if not ARN.fullmatch(arn):
                    _refuse(name, arn, "ARNs of IAM principals", f"arn:aws:iam::{self.account_id}:role/NAME")
        own = re.compile(rf"arn:[a-z-]+:iam::{self.account_id}:(role|user)/\S+")
        if not own.fullmatch(self.deployer):
            _refuse(
                "deployer",
                self.deployer,
                f"the ARN of an IAM role or user of account {self.account_id}",
                "`aws sts get-caller-identity` shows who you are; for a session give the role it belongs to",
            )
        if self.account_id in self.shared_accounts:
            _refuse("shared_accounts", self.account_id, "other accounts only", "leave this account out of the list")

    def _check_pairs(self) -> None:
        if bool(self.pause) != bool(self.resume):
            raise SettingsError(
                f"pause is {self.pause!r} and resume is {self.resume!r}: set both, or neither and let the cluster run"
            )
        if self.pause and self.warehouse == "serverless":
            raise SettingsError(
                "pause is set and warehouse is serverless, which pauses by itself: take pause and resume away, "
                "or choose warehouse cluster"
            )
        if self.raw_lock_days and self.destroyable:
            raise SettingsError(
                f"raw_lock_days is {self.raw_lock_days} and destroyable is true: locked deliveries cannot be destroyed, "
                "set one of them to 0 or false"
            )
        if self.is_emulated != (self.stack == "local"):
            raise SettingsError(
                f"endpoint is {self.endpoint!r} in stack {self.stack}: only the stack local is deployed to an emulator, "
                "and it needs its address; set or remove endpoint"
            )
        if not (self.start_on_schedule or self.start_on_delivery):
            raise SettingsError(
                "start_on_schedule and start_on_delivery are both false: nothing would ever start the jobs, switch one on"
            )
        if self.start_on_delivery and not self.start_on_schedule and not self.is_emulated:
            raise SettingsError(
                "start_on_delivery is true without start_on_schedule: Glue drops events when it is busy, and only a "
                "scheduled run picks up what was dropped; switch start_on_schedule on too"
            )


def load() -> Settings:
    """Read the current stack's settings.

    Raises:
        SettingsError: One is missing or wrong.
    """
    config = pulumi.Config("energy-lake")
    hints = get_type_hints(Settings)
    values = {
        field.name: _read(config, field.name, hints[field.name])
        for field in fields(Settings)
        if field.name not in _GIVEN
    }
    return Settings(stack=pulumi.get_stack(), region=pulumi.Config("aws").get("region") or "", **values)


def camel(name: str) -> str:
    """A field's name as it is written in the configuration."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


_GIVEN = ("stack", "region")


def _read(config: pulumi.Config, name: str, kind: object) -> Any:  # noqa: ANN401 - one of the kinds below
    key = camel(name)
    try:
        value: object
        if kind is bool:
            value = config.get_bool(key)
        elif kind is int:
            value = config.get_int(key)
        elif kind is str:
            value = config.get(key)
        else:
            value = _texts(config.get_object(key), name)
    except (pulumi.ConfigTypeError, ValueError) as error:
        raise SettingsError(f"{name} cannot be read: {error}; Pulumi.yaml says what it has to be") from error
    if value is None:
        raise SettingsError(f"{name} is not set: pulumi config set {key} VALUE; Pulumi.yaml says what it means")
    return value


def _texts(value: object, name: str) -> tuple[str, ...] | None:
    if value is not None and not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        _refuse(name, value, "a list of texts", f"pulumi config set --path '{camel(name)}[0]' VALUE")
    return None if value is None else tuple(value)


def _refuse(name: str, got: object, allowed: str, way_out: str) -> NoReturn:
    raise SettingsError(f"{name} is {got!r}, it must be {allowed}: {way_out}")
