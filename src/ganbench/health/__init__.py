"""Rules that watch a run's events, name what goes wrong in one sentence, and suggest what to try."""

from ganbench.health.base import Finding
from ganbench.health.monitor import RULES, HealthMonitor, diagnose, verdict

__all__ = ["RULES", "Finding", "HealthMonitor", "diagnose", "verdict"]
