"""Rules over a run's events that name what goes wrong in one sentence, and say what to try."""

from ganbench.health.base import Finding
from ganbench.health.watch import RULES, HealthMonitor, findings

__all__ = ["RULES", "Finding", "HealthMonitor", "findings"]
