"""A packed run is uploaded in one commit, into a repository that is as private as was said, or not at all."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pytest
from huggingface_hub.utils import _http
from huggingface_hub.utils.logging import get_verbosity, set_verbosity
from tests.support.hub_server import TOKEN, Hub, hub

from ganbench.errors import UserError
from ganbench.zoo.hub_client import require_token
from ganbench.zoo.hub_upload import upload

__all__ = ["hub"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to upload, and a token that may."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    folder = tmp_path / "packed"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "README.md").write_text("---\ntags:\n- gan\n---\n")
    (folder / "recipe.json").write_text("{}")
    (folder / "checkpoints" / "new.safetensors").write_bytes(b"\0" * 5000)
    return folder


def push(folder: Path, *, private: bool = False, branch: str = "main") -> str:
    return upload(folder, "me/x", private=private, branch=branch, message="My subject")


def test_the_repository_holds_the_folder(hub: Hub, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    commit = push(folder)
    repository = hub.repositories["me/x"]
    assert repository.branches == {"main": commit}
    assert not repository.private
    assert repository.messages == ["initial commit", "My subject"]
    files = dict(repository.commits[commit])
    assert files.pop(".gitattributes")
    assert files == {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }
    assert push(folder) == commit, "nothing has changed"
    note = f"uploading 3 files, 0.01 MB, to {hub.url}/me/x\n"
    assert capfd.readouterr() == ("", note * 2)


def test_an_earlier_model_is_replaced_and_other_files_stay(hub: Hub, folder: Path) -> None:
    push(folder)
    repository = hub.repositories["me/x"]
    old = {
        "LICENSE": b"mine", "recipe.json": b"{old}", "checkpoints/old.safetensors": b"1", "eval/old.json": b"{}",
    }  # fmt: skip
    repository.commit("main", old)
    files = repository.commits[push(folder)]
    assert sorted(files) == ["LICENSE", "README.md", "checkpoints/new.safetensors", "recipe.json"]
    assert files["recipe.json"] == b"{}"


def test_a_branch_is_made_and_main_stays(hub: Hub, folder: Path) -> None:
    first = push(folder)
    (folder / "recipe.json").write_text('{"new": 1}')
    second = push(folder, branch="trial/2")
    assert hub.repositories["me/x"].branches == {"main": first, "trial/2": second}
    assert push(folder, branch="trial/2") == second


def test_a_private_repository_is_private_or_nothing_is_uploaded(hub: Hub, folder: Path) -> None:
    push(folder, private=True)
    repository = hub.repositories["me/x"]
    assert repository.private
    repository.private = False
    before = dict(repository.branches)
    (folder / "recipe.json").write_text("secret")
    with pytest.raises(
        UserError, match="nothing is pushed to me/x: it exists and is public; make it private"
    ):
        push(folder, private=True)
    assert repository.branches == before
    assert not [path for path in hub.paths("POST")[-1:] if "commit" in path]


@pytest.mark.parametrize(
    ("request_part", "status", "message"),
    [
        ("POST /api/repos/create", 400, "refuses .HTTP 400: no: Bearer <token>"),
        ("/api/", 401, "does not accept the token"),
        ("POST /api/repos/create", 500, "has a problem of its own .HTTP 500"),
        ("preupload", 403, "the token has no permission to do this"),
        ("PUT /storage", 500, "has a problem of its own .HTTP 500"),
        ("commit", 412, "refuses .HTTP 412"),
        ("commit", 500, "has a problem of its own .HTTP 500"),
    ],
)
def test_a_failure_is_one_sentence_and_changes_nothing(
    request_part: str, status: int, message: str, hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_http.time, "sleep", lambda seconds: None)  # between attempts
    first = push(folder)
    (folder / "checkpoints" / "new.safetensors").write_bytes(b"\1" * 5000)
    hub.statuses[request_part] = status
    set_verbosity(logging.WARNING)
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger("huggingface_hub").addHandler(handler)
    with pytest.raises(UserError, match=f"^nothing is pushed to me/x: .*{message}") as caught:
        push(folder)
    logging.getLogger("huggingface_hub").removeHandler(handler)
    assert (get_verbosity(), log.getvalue()) == (logging.WARNING, ""), (
        "the library's log is off, and only meanwhile"
    )
    assert TOKEN not in str(caught.value)
    assert hub.repositories["me/x"].branches == {"main": first}


def test_a_commit_of_another_is_not_overwritten(hub: Hub, folder: Path) -> None:
    push(folder)
    (folder / "recipe.json").write_text("mine")
    repository = hub.repositories["me/x"]
    commit = repository.branches["main"]

    def interfere() -> bool:
        if "preupload" in hub.requests[-1][1] and repository.branches["main"] == commit:
            repository.commit("main", {"recipe.json": b"other"})
        return True

    type(hub).may_write = property(lambda self: interfere())  # type: ignore[assignment]
    try:
        with pytest.raises(UserError, match=r"refuses \(HTTP 412: A commit has happened since"):
            push(folder)
    finally:
        type(hub).may_write = True
    assert repository.commits[repository.branches["main"]] == {"recipe.json": b"other"}


def test_without_permission_nothing_is_made(hub: Hub, folder: Path) -> None:
    hub.may_write = False
    with pytest.raises(UserError, match=r"^nothing is pushed to me/x: the token has no permission"):
        push(folder)
    assert hub.repositories == {}


def test_without_a_token_nothing_is_asked(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"^failed: it needs a token that may write; set HF_TOKEN or run"):
        require_token("failed")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    require_token("failed")
    assert hub.requests == []
