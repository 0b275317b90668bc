"""The command line of a study's job on another machine.

Usage: ``python -m ganbench.cli.study_job FOLDER TOKEN``
"""

from __future__ import annotations

import sys
from pathlib import Path

from ganbench.studies.backends.run_job import run_job


def main() -> None:
    """Run the job TOKEN that is recorded in FOLDER."""
    folder, token = sys.argv[1:]
    run_job(Path(folder), token)


if __name__ == "__main__":
    main()
