"""Models are downloaded from a server on this machine: whole and unchanged, or not at all."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from ganbench.errors import UserError
from ganbench.inference.load import load
from ganbench.zoo.folder import pull
from ganbench.zoo.index import ZooModel

MakeZoo = Callable[[], tuple[Path, ZooModel]]


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def served(make_zoo: MakeZoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The model's folder on the server; this machine has none."""
    zoo, _ = make_zoo()
    shutil.move(zoo / "figures", tmp_path / "site" / "figures")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(tmp_path / "site")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("GANBENCH_ZOO_URL", f"http://127.0.0.1:{server.server_port}/")
    yield tmp_path / "site" / "figures"
    server.shutdown()
    server.server_close()


def test_a_model_is_downloaded_once(served: Path, tmp_path: Path) -> None:
    assert pull("figures") == tmp_path / "cache" / "zoo" / "figures"
    assert torch.equal(load("zoo:figures").sample(3), load(served).sample(3))
    shutil.rmtree(served)
    assert pull("zoo:figures") == tmp_path / "cache" / "zoo" / "figures"


def test_a_model_of_this_machine_is_not_downloaded(make_zoo: MakeZoo, tmp_path: Path) -> None:
    zoo, model = make_zoo()
    assert pull("figures") == tmp_path / "cache" / "zoo" / "figures"
    for file in model.files:
        assert (pull("figures") / file.path).read_bytes() == (zoo / "figures" / file.path).read_bytes()


def test_a_changed_file_is_refused(served: Path, tmp_path: Path) -> None:
    content = (served / "events.jsonl").read_bytes()
    (served / "events.jsonl").write_bytes(content[:-2] + b"X\n")
    with pytest.raises(UserError, match=r"events\.jsonl of zoo:figures is not the published file"):
        pull("figures")
    assert not list((tmp_path / "cache" / "zoo").iterdir())


@pytest.mark.parametrize(("extra", "words"), [(-1, r" of [0-9,]+ bytes"), (1, "has more than [0-9,]+ bytes")])
def test_a_file_of_another_size_is_refused(served: Path, tmp_path: Path, extra: int, words: str) -> None:
    content = (served / "events.jsonl").read_bytes()
    (served / "events.jsonl").write_bytes(content[:extra] if extra < 0 else content + b"\n")
    with pytest.raises(UserError, match=words):
        pull("figures")
    assert not list((tmp_path / "cache" / "zoo").iterdir())


def test_a_missing_file_and_a_missing_server_are_named(served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (served / "meta.json").unlink()
    with pytest.raises(
        UserError, match=r"zoo:figures cannot be downloaded: .*meta\.json answers 'File not found'"
    ):
        pull("figures")
    monkeypatch.setenv("GANBENCH_ZOO_URL", "http://127.0.0.1:9/")
    with pytest.raises(
        UserError, match=r"zoo:figures cannot be downloaded: .*refused.*set GANBENCH_ZOO to a folder"
    ):
        pull("figures")
    monkeypatch.setenv("GANBENCH_ZOO_URL", "file:///etc")
    with pytest.raises(UserError, match="GANBENCH_ZOO_URL must start with https://"):
        pull("figures")
