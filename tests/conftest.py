"""How hard hypothesis looks: `default` on every run, `ci` before a merge, `deep` when something smells.

Choose with `HYPOTHESIS_PROFILE=deep pytest tests/transforms`. No deadline: the machine is shared, and a slow example is no
wrong one.
"""

import os

from hypothesis import HealthCheck, settings

_QUIET = [HealthCheck.too_slow]

settings.register_profile("default", max_examples=100, deadline=None, suppress_health_check=_QUIET)
settings.register_profile("ci", max_examples=400, deadline=None, suppress_health_check=_QUIET, print_blob=True)
settings.register_profile("deep", max_examples=5_000, deadline=None, suppress_health_check=_QUIET, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
