"""The old home of :mod:`ganbench.training.settings`, for one release."""

from ganbench.training.settings import *  # noqa: F403
