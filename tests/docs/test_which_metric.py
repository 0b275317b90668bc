"""The page "Which metric?" answers with every metric there is, and with no other."""

import re
from pathlib import Path

from ganbench.evaluation.model_metrics.registry import MODEL_METRICS
from ganbench.metrics.registry import METRICS

PAGE = Path(__file__).parents[2] / "docs" / "which-metric.md"


def test_the_table_names_every_metric_and_no_other() -> None:
    rows = [line.split("|") for line in PAGE.read_text().split("## ")[0].splitlines() if line.startswith("|")]
    named = {name for _, _, metric, *_ in rows[2:] for name in re.findall(r"`([^`]+)`", metric)}
    assert named == set(METRICS) | set(MODEL_METRICS)
