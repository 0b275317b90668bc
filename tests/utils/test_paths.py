from __future__ import annotations

from pathlib import Path

import pytest

from ganbench.errors import UserError
from ganbench.utils.paths import cache_folder, data_root, data_roots


def test_the_cache_folder_is_looked_up_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    monkeypatch.setenv("GANBENCH_CACHE", "/own")
    assert cache_folder() == Path("/own")
    monkeypatch.delenv("GANBENCH_CACHE")
    assert cache_folder() == Path("/xdg/ganbench")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert cache_folder() == Path("/home/somebody/.cache/ganbench")


def test_the_data_folder_comes_first(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert data_root() is None
    assert data_roots() == [cache]
    monkeypatch.setenv("GANBENCH_DATA", str(tmp_path))
    assert data_roots() == [tmp_path, cache]
    monkeypatch.setenv("GANBENCH_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="GANBENCH_DATA is set to"):
        data_roots()
