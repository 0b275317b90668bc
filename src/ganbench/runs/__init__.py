"""Run folders: checkpoints, event log, and everything else that a run writes."""
