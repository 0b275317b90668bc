from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
from benchmarks.range_server import serve_ranges

from ganbench.data.io import stores
from ganbench.data.io.stores import FsspecStore, RetryingStore, open_store
from ganbench.errors import RunError, UserError

CONTENT = bytes(range(200))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(stores, "FIRST_PAUSE", 0.001)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a b.tar").write_bytes(CONTENT)
    return tmp_path


def retrying(place: str, tries: int = 4) -> RetryingStore:
    return RetryingStore(open_store(place), tries, threading.Event())


def test_a_folder_and_fsspec_read_parts(folder: Path) -> None:
    for place in (str(folder), f"file://{folder}"):
        store = retrying(place)
        assert store.read("sub/a b.tar", 20, 5) == CONTENT[20:25]
        assert store.read_all("sub/a b.tar", 200) == CONTENT
        with pytest.raises(
            RunError, match=r"sub/a b.tar cannot be read from .* after 4 tries: only 10 of 20"
        ):
            store.read("sub/a b.tar", 190, 20)
        with pytest.raises(
            RunError, match=r"none.tar cannot be read from .* after 1 try: there is no such file"
        ):
            store.read("none.tar", 0, 1)
        with pytest.raises(RunError, match="is above"):
            store.read_all("sub/a b.tar", 199)


def test_more_shards_than_stay_open_are_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_MAX_OPEN", 2)
    for k in range(5):
        (folder / f"{k}.tar").write_bytes(bytes([k]))
    store = retrying(str(folder))
    assert [store.read(f"{k % 5}.tar", 0, 1)[0] for k in range(10)] == [0, 1, 2, 3, 4] * 2


@pytest.mark.parametrize("fault", ["500", "503", "429", "short", "cut"])
def test_a_failing_server_is_asked_again(folder: Path, fault: str) -> None:
    with serve_ranges(folder) as server:
        server.faults = lambda number, name: fault if number < 2 else ""
        (folder / "a.tar").write_bytes(CONTENT)
        assert retrying(server.url).read("a.tar", 20, 50) == CONTENT[20:70]
        assert server.requests == [("a.tar", "bytes=20-69")] * 3


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("500", "after 4 tries: HTTP 500 Internal Server Error"),
        ("short", "after 4 tries: .*IncompleteRead|after 4 tries: only 25 of 50 bytes came"),
        ("cut", "after 4 tries: .*closed"),
        ("404", "after 1 try: HTTP 404 Not Found"),
        ("whole", "after 1 try: the server ignores requests for a part of a file"),
    ],
)
def test_a_server_that_goes_on_failing_is_named_in_one_sentence(
    folder: Path, fault: str, message: str
) -> None:
    (folder / "a.tar").write_bytes(CONTENT)
    with serve_ranges(folder) as server:
        server.faults = lambda number, name: fault
        with pytest.raises(RunError, match=f"^a.tar cannot be read from {server.url} {message}"):
            retrying(server.url).read("a.tar", 20, 50)


def test_no_server_and_no_store_are_named(folder: Path) -> None:
    with serve_ranges(folder) as server:
        url = server.url
    with pytest.raises(RunError, match=f"a.tar cannot be read from {url} after 2 tries: .*refused"):
        retrying(url, tries=2).read("a.tar", 0, 1)
    with pytest.raises(UserError, match="nosuch://x cannot be read: Protocol not known: nosuch"):
        open_store("nosuch://x")
    with pytest.raises(UserError, match="there is no folder"):
        open_store(str(folder / "none"))


def test_a_missing_package_of_fsspec_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(UserError, match="s3://bucket/x cannot be read, for want of a package: Install s3fs"):
        open_store("s3://bucket/x")


def test_any_exception_of_a_backend_is_tried_again_and_named(folder: Path) -> None:
    class Backend:
        calls = 0

        def cat_file(self, path: str, start: int, end: int) -> bytes:
            self.calls += 1
            if self.calls < failures:
                raise Exception("Unable to locate credentials")  # as botocore's, which is no OSError
            return CONTENT[start:end]

    store = FsspecStore(f"file://{folder}")
    failures, store._files = 3, Backend()
    assert RetryingStore(store, 4, threading.Event()).read("a.tar", 20, 5) == CONTENT[20:25]
    failures, store._files = 99, Backend()
    with pytest.raises(RunError, match=r"a.tar cannot .* after 4 tries: Unable to locate credentials$"):
        RetryingStore(store, 4, threading.Event()).read("a.tar", 20, 5)


def test_a_pause_ends_when_the_threads_stop(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "FIRST_PAUSE", 60.0)
    stopping = threading.Event()
    stopping.set()
    store = RetryingStore(open_store(str(folder)), 5, stopping)
    with pytest.raises(RunError, match="after 1 try"):
        store.read("sub/a b.tar", 190, 20)
