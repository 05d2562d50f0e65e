"""What every test file shares: pandas' extension types registered, hypothesis the same on every run."""

from __future__ import annotations

import pandas  # noqa: F401  (registers pandas.period and pandas.interval with pyarrow)
from hypothesis import HealthCheck, settings

settings.register_profile("arrownd", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("arrownd")
