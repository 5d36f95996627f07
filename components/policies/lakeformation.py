"""IAM documents of governance: the registration role, the personas, and sharing with other accounts.

A persona's IAM policy is coarse on purpose: it may ask the catalog and ask Lake Formation for data, and Lake Formation's
grants decide what it gets ("Methods for fine-grained access control", Lake Formation Developer Guide). No document here
gives a persona anything on the zones' buckets: whoever can read S3 directly is not governed.
"""

from collections.abc import Sequence

from components.policies.document import Document, Statement, allow, document, service_trust
from components.policies.names import bucket_arn, catalog_arn, glue_arn, objects_arn

__all__ = [
    "CATALOG_READ_ACTIONS",
    "DEFAULT_DATABASE",
    "persona_catalog",
    "persona_trust",
    "registration_access",
    "registration_trust",
    "sharing",
    "view_keeper",
]

DEFAULT_DATABASE = "default"
"""Athena asks the catalog for it before every query (Athena User Guide, "Access to databases and tables in AWS Glue")."""

CATALOG_READ_ACTIONS = (
    "glue:BatchGetPartition",
    "glue:GetDatabase",
    "glue:GetDatabases",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:GetTable",
    "glue:GetTableVersion",
    "glue:GetTableVersions",
    "glue:GetTables",
)
"""What reading a table through Athena asks of the catalog; Lake Formation then shows only what is granted."""

VIEW_ACTIONS = ("glue:CreateTable", "glue:DeleteTable", "glue:UpdateTable")


def registration_trust(account_id: str, region: str, *, partition: str = "aws") -> Document:
    """Who may take on the role that locations are registered with: Lake Formation, for this account alone.

    ``sts:SetContext`` carries an IAM Identity Center user into CloudTrail ("Requirements for roles used to register
    locations"); ``sts:SetSourceIdentity`` lets Lake Formation name the querying role in S3's data events, without it the
    setting SET_SOURCE_IDENTITY has no effect. The form of the source ARN is the only one Lake Formation supports
    ("Cross-service confused deputy prevention").
    """
    return service_trust(
        "lakeformation.amazonaws.com",
        account_id,
        source_arns=f"arn:{partition}:lakeformation:{region}:{account_id}:*",
        actions=("sts:AssumeRole", "sts:SetContext", "sts:SetSourceIdentity"),
    )


def registration_access(buckets: Sequence[str], key_arn: str, region: str, *, partition: str = "aws") -> Document:
    """What Lake Formation may do with the registered buckets on behalf of whoever holds a grant: read.

    AWS's sample also writes. Nobody writes through Lake Formation here: jobs and crawlers have roles of their own, so a
    grant given by mistake still cannot change a file.
    """
    return document(
        allow(
            "ReadObjects",
            ("s3:GetObject", "s3:GetObjectVersion"),
            [objects_arn(bucket, partition=partition) for bucket in buckets],
        ),
        allow(
            "ListBuckets",
            ("s3:GetBucketLocation", "s3:ListBucket"),
            [bucket_arn(bucket, partition=partition) for bucket in buckets],
        ),
        allow("DecryptThroughS3", ("kms:Decrypt", "kms:DescribeKey"), key_arn, conditions=_only_through("s3", region)),
    )


def persona_trust(principals: Sequence[str], *, require_mfa: bool) -> Document:
    """Who may take on a persona's role: the named IAM principals, with a second factor where the stack asks for it."""
    conditions = {"Bool": {"aws:MultiFactorAuthPresent": "true"}} if require_mfa else None
    return document(
        allow("AssumePersona", "sts:AssumeRole", None, principals={"AWS": list(principals)}, conditions=conditions)
    )


def persona_catalog(
    databases: Sequence[str], key_arn: str, account_id: str, region: str, *, partition: str = "aws"
) -> Document:
    """The coarse half of a persona's rights: look into the catalog, and ask Lake Formation for the data.

    The catalog is encrypted with a customer key, so reading it needs ``kms:Decrypt`` through Glue ("Encrypting your Data
    Catalog", Glue Developer Guide); the condition keeps the key from being used for the objects of the zones.
    """
    return document(
        allow(
            "ReadCatalog",
            CATALOG_READ_ACTIONS,
            _catalog_arns((*databases, DEFAULT_DATABASE), account_id, region, partition),
        ),
        allow("DecryptCatalog", "kms:Decrypt", key_arn, conditions=_only_through("glue", region)),
        allow(
            "AskLakeFormation",
            "lakeformation:GetDataAccess",
            "*",
            wildcard_reason=(
                "lakeformation:GetDataAccess knows no resource but *; what it hands out is decided by Lake "
                "Formation's grants (Actions, resources, and condition keys for AWS Lake Formation)"
            ),
        ),
    )


def view_keeper(
    database: str, views: Sequence[str], account_id: str, region: str, *, partition: str = "aws"
) -> Document:
    """Lets a persona create, replace and drop exactly these views; an Athena view is a table of the catalog."""
    return document(
        allow(
            "KeepViews",
            VIEW_ACTIONS,
            [
                catalog_arn(account_id, region, partition=partition),
                glue_arn("database", database, account_id, region, partition=partition),
                *(
                    glue_arn("table", f"{database}/{view}", account_id, region, partition=partition)
                    for view in sorted(views)
                ),
            ],
        )
    )


def sharing(database: str, account_id: str, region: str, *, partition: str = "aws") -> Document:
    """The catalog's resource policy that lets AWS RAM share what Lake Formation grants to other accounts.

    Needed beside grants once the catalog has any resource policy ("Managing cross-account permissions using both AWS Glue
    and Lake Formation"); it shares nothing on its own.
    """
    statement: Statement = allow(
        "LetRamShare",
        "glue:ShareResource",
        [
            catalog_arn(account_id, region, partition=partition),
            glue_arn("database", database, account_id, region, partition=partition),
            glue_arn("table", f"{database}/*", account_id, region, partition=partition),
        ],
        principals={"Service": "ram.amazonaws.com"},
        conditions={"StringEquals": {"aws:SourceAccount": account_id}},
    )
    return document(statement)


def _catalog_arns(databases: Sequence[str], account_id: str, region: str, partition: str) -> list[str]:
    arns = [catalog_arn(account_id, region, partition=partition)]
    arns += [glue_arn("database", name, account_id, region, partition=partition) for name in databases]
    arns += [glue_arn("table", f"{name}/*", account_id, region, partition=partition) for name in databases]
    return arns


def _only_through(service: str, region: str) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"kms:ViaService": f"{service}.{region}.amazonaws.com"}}
