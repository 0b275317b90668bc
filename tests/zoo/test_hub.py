"""Models of the Hub become folders of the cache: complete, unchanged and safe, or not there at all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from tests.support.hub_server import TOKEN, Hub, Repository, hub

from ganbench.dashboard.folders import resolve_root
from ganbench.errors import UserError
from ganbench.evaluation.inputs import find_run
from ganbench.inference.load import load
from ganbench.runs.run import Run
from ganbench.zoo import hub_client, hub_files
from ganbench.zoo.hub import hub_folder, parse_hub_name

__all__ = ["hub"]


@pytest.fixture
def repository(hub: Hub, packed: Path) -> Repository:
    """The repository me/figures, with a packed run."""
    return hub.put("me/figures", packed)


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def cached(tmp_path: Path) -> list[str]:
    """Return what the cache has of the repository, besides its lists."""
    folder = tmp_path / "cache" / "hub" / "me--figures"
    return sorted(path.name for path in folder.iterdir() if path.name not in ("refs", "index.json"))


def test_a_model_is_downloaded_once(
    hub: Hub, repository: Repository, packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = repository.branches["main"]
    model = load("hub:me/figures")
    assert torch.equal(model.sample(6), load(packed).sample(6))
    folder = tmp_path / "cache" / "hub" / "me--figures" / commit
    assert Run("hub:me/figures").path == hub_folder("hub:me/figures") == folder
    assert contents(folder) == contents(packed)
    files = [path for path in hub.paths("GET") if "/resolve/" in path]
    assert len(files) == len({*files}) == len(contents(packed))
    notes = capsys.readouterr().err.splitlines()
    assert len(notes) == 1
    size = sum(map(len, contents(packed).values())) / 1e6
    note = f"downloading hub:me/figures at commit {commit[:8]}: {len(files)} files, {size:.2f} MB"
    assert notes[0].endswith(note)


def test_the_name_is_accepted_by_the_dashboard_and_as_a_source(
    repository: Repository, tmp_path: Path
) -> None:
    folder = tmp_path / "cache" / "hub" / "me--figures" / repository.branches["main"]
    assert resolve_root(Path("hub:me/figures")) == folder.resolve()
    run = find_run("hub:me/figures")
    assert run is not None
    assert run.path == folder


def test_a_branch_follows_the_hub_and_a_commit_does_not(
    hub: Hub, repository: Repository, tmp_path: Path
) -> None:
    old = repository.branches["main"]
    assert hub_folder("hub:me/figures").name == old
    new = repository.commit("main", repository.commits[old])
    assert hub_folder("hub:me/figures").name == new
    assert cached(tmp_path) == sorted([old, new])
    hub.requests.clear()
    assert hub_folder(f"hub:me/figures@{old}").name == old
    assert hub.requests == [], "a commit that is in the cache needs no look"
    repository.branches["v1/beta"] = old
    assert hub_folder("hub:me/figures@v1/beta").name == old


@pytest.mark.parametrize("how", ["offline", "no network", "a problem of the Hub"])
def test_what_was_pulled_is_used_without_the_hub(
    how: str, hub: Hub, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = hub_folder("hub:me/figures")
    if how == "offline":
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    elif how == "no network":
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    else:
        hub.statuses["GET /api/models"] = 503
    with pytest.warns(
        UserWarning, match=f"hub:me/figures is taken from the cache, at commit {folder.name[:8]}"
    ):
        assert hub_folder("hub:me/figures") == folder
    with pytest.raises(UserError, match=r"hub:me/other cannot be .*, and hub:me/other is not in the cache$"):
        hub_folder("hub:me/other")
    with pytest.raises(UserError, match="hub:me/figures@v2 is not in the cache"):
        hub_folder("hub:me/figures@v2")


@pytest.mark.parametrize(
    "path",
    [
        "setup.py", "model.pt", "weights.pkl", "checkpoints/step-00000012/state.bin", "../up.json", "/etc/abs.json",
        "a/../../up.json", ".ssh/keys.json", "a/b/c/deep.json", "a//b.json", "run.sh", "recipe.json.exe", "Makefile",
        "a\\b.json", "é.json", "",
    ],
)  # fmt: skip
def test_a_repository_with_other_files_is_refused(
    path: str, hub: Hub, repository: Repository, tmp_path: Path
) -> None:
    repository.commit("main", {**repository.commits[repository.branches["main"]], path: b"x"})
    with pytest.raises(
        UserError, match=re.escape(f"hub:me/figures is not used: '{path}' is no file of a packed run")
    ):
        load("hub:me/figures")
    assert not [used for used in hub.paths("GET") if "resolve" in used]
    assert not (tmp_path / "cache").exists()


def test_files_of_the_hub_and_a_licence_are_passed_over(repository: Repository) -> None:
    files = {**repository.commits[repository.branches["main"]], "LICENSE": b"mine", ".gitignore": b"*"}
    repository.commit("main", files)
    folder = hub_folder("hub:me/figures")
    assert not {"LICENSE", ".gitignore", ".gitattributes"} & {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    "path", ["recipe.json", "meta.json", "checkpoints/step-00000012/networks.safetensors"]
)
def test_a_repository_that_is_no_packed_run_is_refused(path: str, repository: Repository) -> None:
    files = {**repository.commits[repository.branches["main"]]}
    del files[path]
    repository.commit("main", files)
    missing = path.replace("00000012", "N")
    with pytest.raises(UserError, match=f"hub:me/figures is not a model of ganbench: it lacks {missing}"):
        hub_folder("hub:me/figures")


def test_a_repository_that_is_too_large_is_refused_before_anything_is_downloaded(
    hub: Hub, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_files, "MAX_FILES", 5)
    with pytest.raises(UserError, match=r"not downloaded: it has [0-9]+ files, and at most 5 are accepted"):
        hub_folder("hub:me/figures")
    monkeypatch.setattr(hub_files, "MAX_BYTES", 10_000)
    with pytest.raises(UserError, match=r"not downloaded: it has 0\.\d GB, and at most 0\.0 GB are accepted"):
        hub_folder("hub:me/figures")
    assert not [path for path in hub.paths("GET") if "resolve" in path]


@pytest.mark.parametrize("name", ["recipe.json", "networks.safetensors"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content[:-1] + b"\0", "is not the file that the Hub lists; try again"),
        (lambda content: content + b"\0" * 2**21, "is not the file that the Hub lists; try again"),
        (lambda content: content[:-1], "ended after .* bytes; try again"),
    ],
)
def test_a_changed_file_is_refused(
    name: str, change: object, message: str, hub: Hub, repository: Repository, tmp_path: Path
) -> None:
    assert callable(change)
    hub.alter = lambda path, content: change(content) if path.endswith(name) else content
    with pytest.raises(UserError, match=f"^hub:me/figures cannot be downloaded: .*{name} {message}"):
        hub_folder("hub:me/figures")
    assert cached(tmp_path) == []
    hub.alter = lambda path, content: content
    assert hub_folder("hub:me/figures").is_dir()


def test_a_file_without_end_is_not_read_to_its_end(hub: Hub, repository: Repository, tmp_path: Path) -> None:
    hub.flood = 2**26
    with pytest.raises(UserError, match="is not the file that the Hub lists"):
        hub_folder("hub:me/figures")
    assert hub.flooded < 2**25
    assert cached(tmp_path) == []


def test_a_download_that_is_cut_is_named(hub: Hub, repository: Repository, tmp_path: Path) -> None:
    commit, files = hub_client.list_files("me/figures", "main")
    hub.cut = 100
    file = max(files, key=lambda file: file.size)
    with pytest.raises(
        UserError, match=r"^hub:me/figures cannot be downloaded: .* cannot be reached \(peer closed"
    ):
        hub_client.download("me/figures", commit, file)


def test_a_changed_copy_is_replaced(repository: Repository) -> None:
    folder = hub_folder("hub:me/figures")
    recipe = (folder / "recipe.json").read_bytes()
    (folder / "recipe.json").write_bytes(recipe + b" ")
    (folder / "report.html").write_text("mine")
    assert hub_folder("hub:me/figures") == folder
    assert (folder / "recipe.json").read_bytes() == recipe
    (folder.parent / "index.json").write_text("{")
    with pytest.warns(UserWarning, match=r"index\.json.*what it lists is downloaded again"):
        assert hub_folder("hub:me/figures") == folder


def test_a_private_model_needs_the_token_which_stays_secret(
    hub: Hub, packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    hub.put("me/figures", packed, private=True)
    with pytest.raises(
        UserError, match=r"has no such model, or it is private; .* set HF_TOKEN or run `hf auth login`$"
    ):
        hub_folder("hub:me/figures")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    folder = hub_folder("hub:me/figures")
    assert {token for _, path, token in hub.requests if path.startswith("/storage/")} == {""}, "another host"
    assert (f"Bearer {TOKEN}") in {token for _, _, token in hub.requests}
    hub.statuses["/api/models/me/figures"] = 400  # this server repeats the token
    with pytest.raises(UserError, match=r"refuses .HTTP 400: no: Bearer <token>") as caught:
        hub_folder("hub:me/figures")
    assert TOKEN.encode() not in b"".join(contents(tmp_path).values())
    assert TOKEN not in "".join((str(caught.value), *capfd.readouterr()))
    assert folder.is_dir()


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "has no such model, or it is private"),
        (403, "the token has no permission to do this"),
        (418, "refuses .HTTP 418"),
        (429, "has had too many requests .HTTP 429.; try again later, and hub:me/x is not in the cache"),
        (500, "has a problem of its own .HTTP 500.; try again later, and hub:me/x is not in the cache"),
    ],
)
def test_a_refusal_is_one_sentence(status: int, message: str, hub: Hub) -> None:
    hub.statuses["GET /api/models"] = status
    with pytest.raises(UserError, match=f"^hub:me/x cannot be downloaded: {hub.url} {message}|: {message}"):
        hub_folder("hub:me/x")


@pytest.mark.parametrize(
    ("status", "message"),
    [(403, "has no permission to do this"), (404, "refuses .HTTP 404"), (503, "has a problem of its own")],
)
def test_a_file_that_is_refused_leaves_nothing(
    status: int, message: str, hub: Hub, repository: Repository, tmp_path: Path
) -> None:
    hub.statuses["/resolve/"] = status
    with pytest.raises(UserError, match=f"^hub:me/figures cannot be downloaded: .*{message}"):
        hub_folder("hub:me/figures")
    assert cached(tmp_path) == []


def test_a_missing_model_and_a_missing_revision_are_named(repository: Repository) -> None:
    with pytest.raises(UserError, match=r"hub:me/figure cannot be downloaded: .* has no such model"):
        hub_folder("hub:me/figure")
    with pytest.raises(UserError, match="hub:me/figures cannot be downloaded: it has no such revision"):
        hub_folder("hub:me/figures@v9")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "me",
        "me/ ",
        "/x",
        "a/b/c",
        "../x",
        "me/..",
        "me/a--b",
        "me/x.git",
        "-me/x",
        "me/x y",
        "me/" + "x" * 100,
    ],
)
def test_a_bad_name_is_refused_without_a_request(name: str, hub: Hub) -> None:
    with pytest.raises(
        UserError, match=f"'{re.escape(name)}' is no name of a repository: it takes OWNER/NAME"
    ):
        load(f"hub:{name}")
    assert hub.requests == []


@pytest.mark.parametrize("revision", ["", "..", "a/../b", "-x", "a b", "x@y"])
def test_a_bad_revision_is_refused(revision: str) -> None:
    with pytest.raises(UserError, match=f"'{re.escape(revision)}' is no branch, tag or commit"):
        parse_hub_name(f"hub:me/x@{revision}")


def test_without_the_extra_one_sentence_says_what_to_install(
    hub: Hub, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = hub_folder("hub:me/figures")
    monkeypatch.setattr(hub_client, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"needs huggingface_hub: pip install 'ganbench\[hub\]'"):
        hub_folder("hub:me/figures")
    assert hub_folder(f"hub:me/figures@{folder.name}") == folder, "nothing to ask"


def test_a_cache_that_cannot_be_written_is_named(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(UserError, match=r"hub:me/figures cannot be written to .*set GANBENCH_CACHE"):
        hub_folder("hub:me/figures")


def test_another_server_is_not_taken_for_the_hub(hub: Hub, repository: Repository) -> None:
    repository.branches["main"] = "short"
    repository.commits["short"] = {}
    with pytest.raises(UserError, match=r"does not answer as the Hub does \(the commit is 'short'\)"):
        hub_folder("hub:me/figures")
