"""The page is one file that loads nothing, and its policy allows its own style and script only."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from ganbench.playground.page import render_page
from ganbench.visualization.figure import FAKE, REAL


class Tags(HTMLParser):
    """All tags with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def text_of(tag: str) -> str:
    """The text of the only style or script."""
    (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", render_page(), re.DOTALL)
    return str(text)


@pytest.fixture(scope="module")
def page() -> Tags:
    return Tags(render_page())


def test_the_policy_names_the_hashes_of_the_style_and_the_script(page: Tags) -> None:
    (policy,) = (
        m["content"] or "" for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for name in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(text_of(name).encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy


def test_it_loads_nothing_and_has_no_code_in_attributes(page: Tags) -> None:
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") or name in ("style", "src", "srcset") for name in attributes), (
            tag
        )
        assert attributes.get("href") in (None, "data:,")
    assert not re.search(r"https?://|@import|url\(|\beval\(|innerHTML", render_page())


def test_every_control_has_a_label_and_every_id_is_used_once(page: Tags) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    text = render_page()
    labels = re.findall(r"<label.*?</label>", text, re.DOTALL)
    for tag in ("input", "select"):
        for attributes in page.all(tag):
            assert sum(f'id="{attributes["id"]}"' in label for label in labels) == 1, attributes
    for canvas in page.all("canvas"):
        assert canvas["aria-label"]
    used = set(re.findall(r'\$\("(\w+)"\)', text))
    assert used <= set(ids)


def test_points_have_the_colours_of_the_figures() -> None:
    assert f"--real: {REAL}" in text_of("style")
    assert f"--fake: {FAKE}" in text_of("style")
