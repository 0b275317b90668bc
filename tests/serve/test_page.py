"""The page lists what the schema has, as text."""

from __future__ import annotations

from html.parser import HTMLParser

from ganbench.serve.page import render_page

SCHEMA = {
    "info": {"title": "<b>", "description": "A & B."},
    "paths": {
        "/x": {
            "get": {
                "description": "Get <x>.",
                "parameters": [{"name": "n", "description": "How many.", "schema": {"default": 3}}],
            },
            "post": {"requestBody": {}, "parameters": [{"name": "to", "schema": {"default": None}}]},
        }
    },
}


class Text(HTMLParser):
    """The texts and the tags of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_starttag(self, tag: str, attributes: object) -> None:
        self.tags.add(tag)


def test_pages_parameters_and_defaults_are_listed_as_text() -> None:
    page = Text(render_page(SCHEMA))
    for text in (
        "<b>",
        "A & B. The schema for programs is ",
        "/x",
        "Get <x>.",
        "n",
        "How many. Default: 3.",
        "images",
    ):
        assert text in page.texts, text
    assert not page.tags & {"b", "x", "script", "link", "img"}
