"""The server process: imports the slow modules up front, then becomes Streamlit.

Usage: python -m ganbench.dashboard.serve MESSAGE ARGUMENTS...

Prints MESSAGE once the imports are done and passes ARGUMENTS to Streamlit.
"""

from __future__ import annotations

import importlib
import sys


def main() -> None:
    """Import the pages, print the message, and run Streamlit."""
    message, *arguments = sys.argv[1:]
    importlib.import_module("ganbench.dashboard.views.pages")
    streamlit = importlib.import_module("streamlit.web.cli")
    print(message, flush=True)
    sys.argv = ["streamlit", *arguments]
    streamlit.main()


if __name__ == "__main__":
    main()
