"""How hard hypothesis looks: `default` on every run, `ci` before a merge, `deep` when something smells.

Choose with `HYPOTHESIS_PROFILE=deep pytest tests/transforms`. No deadline: the machine is shared, and a slow example is no
wrong one. Where `CI` is set the examples are the same in every run, so that a merge is stopped by its own change and not by
luck; everywhere else each run looks at new ones.
"""

import os

from hypothesis import HealthCheck, settings

_SAME = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow],
    "print_blob": True,
    "derandomize": bool(os.environ.get("CI")),
    "database": None if os.environ.get("CI") else settings.default.database,
}

settings.register_profile("default", max_examples=60, **_SAME)
settings.register_profile("ci", max_examples=400, **_SAME)
settings.register_profile("deep", max_examples=5_000, **_SAME)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
