"""The connection to AWS that every resource is made by, or to an emulator of it."""

import pulumi_aws as aws

__all__ = ["EMULATED", "lake_provider"]

EMULATED = (
    "athena budgets cloudtrail cloudwatch logs ec2 events glue iam kms lakeformation ram redshift redshiftdata "
    "redshiftserverless s3 s3control scheduler secretsmanager sns sqs sts"
).split()
"""What an emulator answers for: every service the stack is made of."""


def lake_provider(region: str, account_id: str, endpoint: str = "") -> aws.Provider:
    """The provider of a stack; it refuses to touch any account but the stack's.

    Args:
        region: Where everything is built.
        account_id: The only account that may be touched.
        endpoint: An emulator's address, which then answers for all of AWS; empty for AWS itself.
    """
    if not endpoint:
        return aws.Provider("aws", region=region, allowed_account_ids=[account_id])
    return aws.Provider(
        "aws",
        region=region,
        access_key="test",
        secret_key="test",  # noqa: S106 - what emulators take
        s3_use_path_style=True,
        skip_credentials_validation=True,
        skip_metadata_api_check=True,
        endpoints=[aws.ProviderEndpointArgs(**dict.fromkeys(EMULATED, endpoint))],
    )
