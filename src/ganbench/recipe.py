"""The old home of :mod:`ganbench.recipes.base`, for one release; it can still be called as the decorator."""

import sys
import types
from typing import Any

from ganbench.recipes.base import *  # noqa: F403
from ganbench.recipes.base import ALL_BUDGETS as EVERY_BUDGET  # noqa: F401 (the old name)
from ganbench.recipes.base import recipe as _recipe


class _CallableModule(types.ModuleType):
    """Importing this module replaces the public name ``ganbench.recipe``, which is the decorator."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return _recipe(*arguments, **options)


sys.modules[__name__].__class__ = _CallableModule
