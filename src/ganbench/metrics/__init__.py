"""Metrics: how good samples are, each with the record of how it was measured. Importing this is light."""

from __future__ import annotations

from typing import Any

__all__ = ["metric"]


def __getattr__(name: str) -> Any:
    """Import ``metric`` where it is first used, so that importing the package does not wait for torch."""
    if name == "metric":
        from ganbench.metrics.user_metric import metric

        return metric
    raise AttributeError(f"module 'ganbench.metrics' has no attribute '{name}'")
