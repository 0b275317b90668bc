"""Weights from disk and from a server on this machine, which sends them whole, wrong, in part or not at all."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import socket
from collections.abc import Iterator

import pytest
import torch
from tests.metrics.extractors.server import Server, served

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
def surroundings(monkeypatch):
    """No proxy between us and the server, and no folder of weights."""
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv("GANBENCH_WEIGHTS", raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    with served(_payload()) as made:
        yield made


@pytest.fixture
def published(server) -> PublishedWeights:
    return PublishedWeights("net", FILE, server.url(FILE), hashlib.sha256(_payload()).hexdigest())


def _silent(text: str) -> None:
    pass


def _left_in(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_they_are_downloaded_once_with_notes(server, published, cache):
    notes: list[str] = []
    state = load_weights(published, note=notes.append)
    assert torch.equal(state["a"], torch.arange(300_000.0))
    assert notes[0].startswith("downloading the weights of 'net', once, 1 MB, to ")
    assert notes[-1] == f"100 % of {FILE}"
    load_weights(published, note=_silent)
    assert server.asked == 1
    assert _left_in(cache / "weights") == [FILE]


def test_a_size_that_is_not_told_is_no_hindrance(server, published):
    server.length = False
    assert "a" in load_weights(published, note=_silent)


def test_other_bytes_are_refused_and_not_kept(server, published, cache):
    server.payload = server.payload[:-1] + b"?"
    with pytest.raises(
        UserError, match=rf"is not the published file: its SHA-256 is .*; put {FILE}, from http"
    ):
        load_weights(published, note=_silent)
    assert _left_in(cache / "weights") == []


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("cut", [0, 1000, 2**20 + 5])
def test_a_cut_connection_leaves_nothing(server, published, cache, cut, length):
    server.cut, server.length = cut, length
    # Without a length a cut looks like an end, and only the hash tells.
    fault = "broke off|cannot be downloaded" if length else "is not the published file: its SHA-256"
    with pytest.raises(UserError, match=fault) as caught:
        load_weights(published, note=_silent)
    assert f"put {FILE}" in str(caught.value)
    assert _left_in(cache / "weights") == []
    server.cut, server.length = None, True
    assert "a" in load_weights(published, note=_silent)


def test_a_page_that_is_gone_says_so(server, published, cache):
    server.status = 404
    with pytest.raises(UserError, match=r"cannot be downloaded \(Not Found\); put net-1234.pth"):
        load_weights(published, note=_silent)
    assert _left_in(cache / "weights") == []


def test_no_network_says_which_file_to_put_where(cache):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/{FILE}"  # nobody listens
        with pytest.raises(UserError) as caught:
            load_weights(PublishedWeights("net", FILE, url, "0" * 64), note=_silent)
    text = str(caught.value)
    start = "the weights of 'net' are not on this machine and cannot be downloaded ("
    assert text.startswith(start)
    places = f"in {cache / 'weights'}, or in a folder of yours and set GANBENCH_WEIGHTS to that"
    assert text.endswith(f"; put {FILE}, from {url}, {places}")
    assert "\n" not in text


def test_a_folder_that_cannot_be_written_is_not_called_a_network_fault(server, published, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot be written to .*; set GANBENCH_CACHE"):
        download(published, tmp_path / "file" / FILE, note=_silent)
    assert server.asked == 0


def test_a_damaged_file_in_the_cache_is_downloaded_anew(server, published, cache):
    load_weights(published, note=_silent)
    (cache / "weights" / FILE).write_bytes(b"half")
    assert "a" in load_weights(published, note=_silent)
    assert server.asked == 2


def test_files_of_the_users_come_first_and_are_never_replaced(server, published, tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    monkeypatch.setenv("GANBENCH_WEIGHTS", str(tmp_path / "mine"))
    (tmp_path / "mine" / FILE).write_bytes(_payload())
    assert "a" in load_weights(published)
    (tmp_path / "mine" / FILE).write_bytes(b"another")
    with pytest.raises(
        UserError, match=f"{FILE} is not the published {FILE}: its SHA-256 is .*download it anew"
    ):
        load_weights(published)
    (tmp_path / "other.pth").write_bytes(_payload())
    assert "a" in load_weights(published, tmp_path / "other.pth")
    assert (tmp_path / "mine" / FILE).read_bytes() == b"another"
    assert server.asked == 0


def test_a_folder_of_weights_without_this_file_is_no_hindrance(server, published, tmp_path, monkeypatch):
    monkeypatch.setenv("GANBENCH_WEIGHTS", str(tmp_path))
    assert "a" in load_weights(published, note=_silent)


def test_wrong_places_are_refused(server, published, tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"cannot read the weights at .*gone.pth: No such file"):
        load_weights(published, tmp_path / "gone.pth")
    monkeypatch.setenv("GANBENCH_WEIGHTS", str(tmp_path / "gone"))
    with pytest.raises(UserError, match=r"GANBENCH_WEIGHTS is set to .*gone, which is no folder"):
        load_weights(published)
    assert server.asked == 0


class Payload:
    """What a pickled file would do when it is loaded."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (self.path, "w")


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: {"a": x}], ids=["bare", "in a dict"])
def test_nothing_but_tensors_is_read(server, published, tmp_path, wrap):
    path, canary = tmp_path / FILE, tmp_path / "ran"
    torch.save(wrap(Payload(str(canary))), path)
    weights = dataclasses.replace(published, sha256=sha256_of(path))
    with pytest.raises(UserError, match="is no file of tensors"):
        load_weights(weights, path)
    assert not canary.exists()


def test_a_file_of_something_else_is_no_state_dict(server, published, tmp_path):
    path = tmp_path / FILE
    for content in (torch.zeros(2), {"epoch": 3}):
        torch.save(content, path)
        with pytest.raises(UserError, match="holds no state dict of tensors"):
            load_weights(dataclasses.replace(published, sha256=sha256_of(path)), path)


def test_keys_and_shapes_that_differ_are_named():
    expected = {"a": torch.zeros(2), "b": torch.zeros(3)}
    require_keys("net", {"b": torch.ones(3), "a": torch.ones(2)}, expected, "the file")
    with pytest.raises(
        UserError, match=r"'net' do not fit: the file lacks 'a' and 1 more; has the unknown 'c'; use X"
    ):
        require_keys("net", {"c": torch.zeros(2)}, expected, "X")
    with pytest.raises(UserError, match=r"the file 'b' has shape \[4\], not \[3\]; use X"):
        require_keys("net", {"a": torch.zeros(2), "b": torch.zeros(4)}, expected, "X")
