"""The script that Streamlit runs for each browser: shows the pages of the root folder named on its command line."""

import sys
from pathlib import Path

from ganbench.dashboard.views.pages import show

show(Path(sys.argv[1]))
