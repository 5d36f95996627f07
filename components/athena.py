"""LakeQueries: a workgroup a persona, with its own results and limits, and the questions that it may start from.

Queries come from files through `athena_files.py`; what a persona may do is in `components.policies.athena`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.athena_files import QueryFileError, QuerySpec, read_queries, read_query
from components.policies import athena as documents
from components.policies import names

__all__ = ["LakeQueries", "LakeQueriesArgs", "QueryFileError", "QuerySpec", "read_queries", "read_query"]

ENGINE = "Athena engine version 3"
SMALLEST_LIMIT = 10_485_760
"""Bytes; the least that the provider takes, and what every query is billed for at least."""


@dataclass(frozen=True, kw_only=True)
class LakeQueriesArgs:
    """The workgroups and what is in them.

    Attributes:
        prefix: The beginning of every name of the stack.
        account_id: The account that owns the results bucket.
        region: The region of the workgroups.
        partition: The AWS partition.
        scan_limits: Persona -> the bytes that one query may scan before it is stopped.
        results_bucket: The bucket of results; each persona writes below a prefix of its own.
        key_arn: The key that results are encrypted with.
        queries: The named queries, each for the personas that it names.
        persona_role_names: Persona -> the role that gets the policy of its workgroup.
        force_destroy: Whether a workgroup goes with its history when the stack is destroyed; without it Athena keeps one
            that has been used.
        tags: Put on every workgroup.
    """

    prefix: str
    account_id: str
    region: str
    partition: str = "aws"
    scan_limits: Mapping[str, int]
    results_bucket: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    queries: Sequence[QuerySpec]
    persona_role_names: Mapping[str, pulumi.Input[str]]
    force_destroy: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a workgroup without a limit or a role, and a query that nobody would find."""
        if not self.scan_limits or sorted(self.scan_limits) != sorted(self.persona_role_names):
            raise ValueError(
                f"scan_limits has {', '.join(sorted(self.scan_limits)) or 'none'}, persona_role_names has "
                f"{', '.join(sorted(self.persona_role_names)) or 'none'}; they must be the same personas"
            )
        for persona, limit in sorted(self.scan_limits.items()):
            if limit < SMALLEST_LIMIT:
                raise ValueError(
                    f"scan_limits of {persona} is {limit} bytes, Athena takes {SMALLEST_LIMIT} (10 MiB) or more; "
                    "that is also the least that a query is billed for"
                )
        listed = [query.name for query in self.queries]
        twice = sorted({name for name in listed if listed.count(name) > 1})
        if twice:
            raise ValueError(f"queries has {', '.join(twice)} more than once; give each its own name")
        for query in self.queries:
            strangers = sorted(set(query.personas) - set(self.scan_limits))
            if strangers:
                raise ValueError(
                    f"query {query.name} is for {', '.join(strangers)}, the personas are {', '.join(sorted(self.scan_limits))}"
                )


class LakeQueries(pulumi.ComponentResource):
    """Athena for people: every persona in its own workgroup.

    Attributes:
        workgroup_names: Persona -> workgroup.
        named_query_ids: `<persona>/<query>` -> the named query's id.
        views: The views that the queries make when an engineer runs them.
    """

    workgroup_names: dict[str, pulumi.Output[str]]
    named_query_ids: dict[str, pulumi.Output[str]]
    views: tuple[str, ...]

    def __init__(self, name: str, args: LakeQueriesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("energylake:athena:LakeQueries", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)

        workgroups = {persona: self._workgroup(persona) for persona in sorted(args.scan_limits)}
        for persona in workgroups:
            self._policy(persona)
        queries = self._named_queries(workgroups)

        self.workgroup_names = {persona: workgroup.name for persona, workgroup in workgroups.items()}
        self.named_query_ids = {key: query.id for key, query in queries.items()}
        self.views = tuple(query.view for query in args.queries if query.view)
        self.register_outputs({"workgroup_names": self.workgroup_names, "named_query_ids": self.named_query_ids})

    def _workgroup(self, persona: str) -> aws.athena.Workgroup:
        args = self._args
        return aws.athena.Workgroup(
            f"{self._name}-{persona}",
            name=names.workgroup_name(args.prefix, persona),
            description=f"Queries of {persona}; results and limit are the workgroup's, whatever a client asks for",
            state="ENABLED",
            force_destroy=args.force_destroy,
            configuration={
                # A client that may choose its own place writes governed rows where others read them.
                "enforce_workgroup_configuration": True,
                "publish_cloudwatch_metrics_enabled": True,
                "bytes_scanned_cutoff_per_query": args.scan_limits[persona],
                "requester_pays_enabled": False,
                "engine_version": {"selected_engine_version": ENGINE},
                "result_configuration": {
                    "output_location": pulumi.Output.concat(
                        "s3://", args.results_bucket, "/", documents.result_prefix(persona)
                    ),
                    "expected_bucket_owner": args.account_id,
                    "encryption_configuration": {"encryption_option": "SSE_KMS", "kms_key_arn": args.key_arn},
                },
            },
            tags=args.tags,
            opts=self._child,
        )

    def _policy(self, persona: str) -> aws.iam.RolePolicy:
        args = self._args
        return aws.iam.RolePolicy(
            f"{self._name}-{persona}-policy",
            name="queries",
            role=args.persona_role_names[persona],
            policy=pulumi.Output.all(args.results_bucket, args.key_arn).apply(
                lambda known: json.dumps(
                    documents.persona_queries(
                        args.prefix,
                        persona,
                        known[0],
                        known[1],
                        args.account_id,
                        args.region,
                        partition=args.partition,
                    )
                )
            ),
            opts=self._child,
        )

    def _named_queries(self, workgroups: Mapping[str, aws.athena.Workgroup]) -> dict[str, aws.athena.NamedQuery]:
        return {
            f"{persona}/{query.name}": aws.athena.NamedQuery(
                f"{self._name}-{persona}-{query.name.replace('_', '-')}",
                name=query.name,
                description=query.description,
                database=query.database,
                query=query.sql,
                workgroup=workgroups[persona].name,
                opts=self._child,
            )
            for query in self._args.queries
            for persona in query.personas
        }
