"""Limits of AWS that more than one component has to keep, each with its source."""

__all__ = ["LOG_RETENTION_DAYS"]

LOG_RETENTION_DAYS = tuple(
    int(days) for days in "1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653".split()
)
"""The retentions CloudWatch Logs knows (CloudWatch Logs API Reference, "PutRetentionPolicy")."""
