"""Metrics that score samples and record how each score was measured. Importing the package is fast."""

from __future__ import annotations

from typing import Any

__all__ = ["metric"]


def __getattr__(name: str) -> Any:
    """Import ``metric`` on first use, so that importing the package does not import torch."""
    if name == "metric":
        from ganbench.metrics.user_metric import metric

        return metric
    raise AttributeError(f"module 'ganbench.metrics' has no attribute '{name}'")
