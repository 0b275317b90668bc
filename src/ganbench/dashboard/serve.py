"""The process that serves the dashboard: what is slow to import is there before the first browser asks.

python -m ganbench.dashboard.serve WORDS ARGUMENTS...    what to say once it is so far, and what Streamlit is told
"""

from __future__ import annotations

import importlib
import sys


def main() -> None:
    """Import the pages, say the words, and become Streamlit."""
    words, *arguments = sys.argv[1:]
    importlib.import_module("ganbench.dashboard.views.pages")
    streamlit = importlib.import_module("streamlit.web.cli")
    print(words, flush=True)
    sys.argv = ["streamlit", *arguments]
    streamlit.main()


if __name__ == "__main__":
    main()
