"""Run the notebooks' sources and store them with their results: ``python results/notebooks.py [NAME...]``.

The sources are ``examples/notebooks/*.py``, in jupytext's percent format; beside each, this writes the notebook
``.ipynb``. It needs ``pip install 'ganbench[notebooks]'``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "examples" / "notebooks"


def main() -> None:
    """Write the notebooks that are named, or all."""
    for source in sorted(FOLDER.glob("*.py")):
        if len(sys.argv) == 1 or source.stem in sys.argv[1:]:
            notebook = jupytext.read(source)
            notebook.metadata.pop("jupytext", None)
            with tempfile.TemporaryDirectory() as folder:  # for the runs
                NotebookClient(
                    notebook, kernel_name="python3", resources={"metadata": {"path": folder}}
                ).execute()
            for number, cell in enumerate(notebook.cells):
                cell["id"] = f"cell-{number}"  # not a random one, which would change each time
                cell.metadata.pop("execution", None)
            nbformat.write(notebook, source.with_suffix(".ipynb"))
            print(source.with_suffix(".ipynb"))


if __name__ == "__main__":
    main()
