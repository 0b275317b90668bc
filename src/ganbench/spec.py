"""The old home of :mod:`ganbench.config.spec`, for one release."""

from ganbench.config.spec import *  # noqa: F403
from ganbench.config.spec import check_value as check  # noqa: F401 (its old name)
