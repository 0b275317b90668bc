"""A command that refuses an option given twice, since only the last value would count."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand


class OnceCommand(TyperCommand):
    """A command whose options may be given once, except those that collect their values."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments. Raises click's UsageError for an option that is given twice."""
        _, _, given = self.make_parser(ctx).parse_args(args=list(args))
        for parameter in given:
            is_option = parameter.param_type_name == "option"
            if is_option and not parameter.multiple and given.count(parameter) > 1:
                raise typer.BadParameter(f"{parameter.opts[0]} is given twice", ctx=ctx)
        return super().parse_args(ctx, args)
