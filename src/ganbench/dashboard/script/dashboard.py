"""The script that Streamlit runs for each browser: the pages, over the root that the command line names."""

import sys
from pathlib import Path

from ganbench.dashboard.views.pages import show

show(Path(sys.argv[1]))
