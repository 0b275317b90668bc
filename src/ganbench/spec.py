"""The old home of :mod:`ganbench.config.spec`, for one release."""

from ganbench.config.spec import *  # noqa: F403
