"""Sphinx builds the site from these pages, and the API reference from docstrings: ``make docs``."""

import re
from importlib.metadata import version as installed_version
from pathlib import Path

project = "ganbench"
author = "The ganbench authors"
release = version = installed_version("ganbench")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "ganbench"

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

autodoc_default_options = {"members": True, "undoc-members": False, "show-inheritance": True}
autodoc_typehints = "description"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
napoleon_use_rtype = False
napoleon_use_ivar = True

_REPOSITORY = "https://github.com/ganbench/ganbench/blob/main/"


def link_to_repository(app, docname, content):
    """Turn links to files and folders outside ``docs/`` into links to the repository, if they exist. Pictures stay."""
    up = "../" * (docname.count("/") + 1)  # from the page to the repository

    def replace(match):
        path = match[1]
        exists = (Path(app.srcdir) / ".." / path).exists()
        return f"]({_REPOSITORY}{path})" if exists else match[0]

    content[0] = re.sub(
        rf"\]\({re.escape(up)}(?!\.\.)((?![^)]*\.(?:png|gif)\))[^)#]+)\)", replace, content[0]
    )


def setup(app):
    app.connect("source-read", link_to_repository)
