"""Speed, measured against a plain reference loop in the same run."""
