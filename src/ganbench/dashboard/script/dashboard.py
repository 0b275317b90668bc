"""The script that Streamlit runs for each browser: shows the pages of the root folder named on its command line."""

import os
import sys
from pathlib import Path

from ganbench.dashboard.permission import CONTROLS, Permission
from ganbench.dashboard.views.pages import show

show(
    Path(sys.argv[1]),
    Permission(
        next(name for name in CONTROLS if name == sys.argv[2]), os.environ.get("GANBENCH_TOKEN") or None
    ),
)
