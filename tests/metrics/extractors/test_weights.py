"""Weights from disk, and from a local server that sends them completely, partly, wrong or not at all."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import socket
from collections.abc import Iterator

import pytest
import torch
from tests.metrics.extractors.server import Server, serve

from ganbench.errors import UserError
from ganbench.metrics.extractors.weights import (
    PublishedWeights,
    download,
    load_weights,
    require_keys,
    sha256_of,
)

FILE = "net-1234.pth"


def _payload() -> bytes:
    file = io.BytesIO()
    torch.save({"a": torch.arange(300_000.0)}, file)  # more than one block
    return file.getvalue()


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """No proxy and no folder of weights."""
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv("GANBENCH_WEIGHTS", raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(_payload()) as server:
        yield server


@pytest.fixture
def published(server) -> PublishedWeights:
    return PublishedWeights("net", FILE, server.url(FILE), hashlib.sha256(_payload()).hexdigest())


def _ignore(text: str) -> None:
    pass


def _files_in(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_weights_are_downloaded_once_with_notes(server, published, cache):
    notes: list[str] = []
    state = load_weights(published, note=notes.append)
    assert torch.equal(state["a"], torch.arange(300_000.0))
    assert notes[0].startswith("downloading the weights of 'net', once, 1 MB, to ")
    assert notes[-1] == f"100 % of {FILE}"
    load_weights(published, note=_ignore)
    assert server.requests == 1
    assert _files_in(cache / "weights") == [FILE]


def test_a_download_without_content_length(server, published):
    server.length = False
    assert "a" in load_weights(published, note=_ignore)


def test_a_wrong_file_is_refused_and_not_cached(server, published, cache):
    server.payload = server.payload[:-1] + b"?"
    with pytest.raises(
        UserError, match=rf"is not the published file: its SHA-256 is .*; put {FILE}, from http"
    ):
        load_weights(published, note=_ignore)
    assert _files_in(cache / "weights") == []


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("cut", [0, 1000, 2**20 + 5])
def test_an_interrupted_download_leaves_no_file(server, published, cache, cut, length):
    server.cut, server.length = cut, length
    # Without a length an interruption looks like the end; only the hash detects it.
    message = "broke off|cannot be downloaded" if length else "is not the published file: its SHA-256"
    with pytest.raises(UserError, match=message) as error:
        load_weights(published, note=_ignore)
    assert f"put {FILE}" in str(error.value)
    assert _files_in(cache / "weights") == []
    server.cut, server.length = None, True
    assert "a" in load_weights(published, note=_ignore)


def test_http_errors_are_reported(server, published, cache):
    server.status = 404
    with pytest.raises(UserError, match=r"cannot be downloaded \(Not Found\); put net-1234.pth"):
        load_weights(published, note=_ignore)
    assert _files_in(cache / "weights") == []


def test_the_error_without_a_network_names_the_file_and_its_folder(cache):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/{FILE}"  # no server listens
        with pytest.raises(UserError) as error:
            load_weights(PublishedWeights("net", FILE, url, "0" * 64), note=_ignore)
    text = str(error.value)
    start = "the weights of 'net' are not on this machine and cannot be downloaded ("
    assert text.startswith(start)
    places = f"in {cache / 'weights'}, or in another folder and set GANBENCH_WEIGHTS to it"
    assert text.endswith(f"; put {FILE}, from {url}, {places}")
    assert "\n" not in text


def test_an_unwritable_folder_is_not_reported_as_a_network_error(server, published, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot be written to .*; set GANBENCH_CACHE"):
        download(published, tmp_path / "file" / FILE, note=_ignore)
    assert server.requests == 0


def test_a_damaged_cache_file_is_downloaded_again(server, published, cache):
    load_weights(published, note=_ignore)
    (cache / "weights" / FILE).write_bytes(b"half")
    assert "a" in load_weights(published, note=_ignore)
    assert server.requests == 2


def test_user_files_take_precedence_and_are_never_replaced(server, published, tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    monkeypatch.setenv("GANBENCH_WEIGHTS", str(tmp_path / "mine"))
    (tmp_path / "mine" / FILE).write_bytes(_payload())
    assert "a" in load_weights(published)
    (tmp_path / "mine" / FILE).write_bytes(b"another")
    with pytest.raises(
        UserError, match=f"{FILE} is not the published {FILE}: its SHA-256 is .*download it again"
    ):
        load_weights(published)
    (tmp_path / "other.pth").write_bytes(_payload())
    assert "a" in load_weights(published, tmp_path / "other.pth")
    assert (tmp_path / "mine" / FILE).read_bytes() == b"another"
    assert server.requests == 0


def test_a_weights_folder_without_the_file_is_ignored(server, published, tmp_path, monkeypatch):
    monkeypatch.setenv("GANBENCH_WEIGHTS", str(tmp_path))
    assert "a" in load_weights(published, note=_ignore)


def test_wrong_paths_are_refused(server, published, tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"cannot read the weights at .*gone.pth: No such file"):
        load_weights(published, tmp_path / "gone.pth")
    monkeypatch.setenv("GANBENCH_WEIGHTS", str(tmp_path / "gone"))
    with pytest.raises(UserError, match=r"GANBENCH_WEIGHTS is set to .*gone, which is not a folder"):
        load_weights(published)
    assert server.requests == 0


class Payload:
    """A pickle that creates a file when it is loaded."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (self.path, "w")


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: {"a": x}], ids=["bare", "in a dict"])
def test_only_tensors_are_unpickled(server, published, tmp_path, wrap):
    path, canary = tmp_path / FILE, tmp_path / "ran"
    torch.save(wrap(Payload(str(canary))), path)
    weights = dataclasses.replace(published, sha256=sha256_of(path))
    with pytest.raises(UserError, match="is not a file of tensors"):
        load_weights(weights, path)
    assert not canary.exists()


def test_files_without_a_state_dict_are_refused(server, published, tmp_path):
    path = tmp_path / FILE
    for content in (torch.zeros(2), {"epoch": 3}):
        torch.save(content, path)
        with pytest.raises(UserError, match="does not hold a state dict of tensors"):
            load_weights(dataclasses.replace(published, sha256=sha256_of(path)), path)


def test_the_error_names_wrong_keys_and_shapes():
    expected = {"a": torch.zeros(2), "b": torch.zeros(3)}
    require_keys("net", {"b": torch.ones(3), "a": torch.ones(2)}, expected, "the file")
    with pytest.raises(
        UserError, match=r"'net' do not fit: the file lacks 'a' and 1 more; has the unknown 'c'; use X"
    ):
        require_keys("net", {"c": torch.zeros(2)}, expected, "X")
    with pytest.raises(UserError, match=r"the file 'b' has shape \[4\], not \[3\]; use X"):
        require_keys("net", {"a": torch.zeros(2), "b": torch.zeros(4)}, expected, "X")
