"""A recipe for pictures of one's own: a look at them, written rules, and what follows, each with its reason."""

from ganbench.auto.choice import BUDGET, NAME, Choice, choose

__all__ = ["BUDGET", "NAME", "Choice", "choose"]
