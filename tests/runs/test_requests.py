from __future__ import annotations

from pathlib import Path

import pytest

from ganbench.errors import UserError
from ganbench.runs.requests import (
    FOLDER,
    Request,
    list_requests,
    read_request,
    remove_request,
    waiting_changes,
    write_request,
)


def test_requests_are_read_as_they_were_written_oldest_first(tmp_path: Path) -> None:
    requests = [Request("change", {"a": 1.5, "b": [0, 1]}), Request("stop"), Request("change", {"a": None})]
    paths = [write_request(tmp_path, request) for request in requests]
    assert list_requests(tmp_path) == paths
    assert [read_request(path) for path in paths] == requests
    assert waiting_changes(tmp_path) == {"a": None, "b": [0, 1]}
    assert all(map(remove_request, paths))
    assert list_requests(tmp_path) == []


def test_no_folder_means_no_request(tmp_path: Path) -> None:
    assert list_requests(tmp_path) == []
    assert waiting_changes(tmp_path / "nowhere") == {}


def test_a_request_that_is_gone_is_no_error_and_one_that_cannot_go_says_so(tmp_path: Path) -> None:
    assert remove_request(tmp_path / "gone.json")
    assert not remove_request(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_request(tmp_path / "gone.json")


def test_a_request_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / FOLDER).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="is a link; put a folder in its place"):
        write_request(tmp_path / "run", Request("stop"))
    assert list((tmp_path / "elsewhere").iterdir()) == []
    (tmp_path / "elsewhere/1.json").write_text('{"ask": "stop"}')
    assert list_requests(tmp_path / "run") == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("no folder")
    with pytest.raises(UserError, match=r"requests.* cannot be written: "):
        write_request(tmp_path, Request("stop"))
