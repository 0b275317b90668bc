"""Uploads become items of the model, a few at a time, and large ones are not decoded."""

from __future__ import annotations

import asyncio
import io
import threading
import time

import pytest
import torch
from anyio import CapacityLimiter
from fastapi import UploadFile
from PIL import Image
from starlette.exceptions import HTTPException
from torch import Tensor

from ganbench.data.base import DataInfo
from ganbench.errors import UserError
from ganbench.serve import uploads
from ganbench.serve.uploads import read_images

INFO = DataInfo(name="x", kind="image", shape=(1, 4, 6), size=1, fingerprint="f")


def upload(content: bytes, name: str | None = "a.png") -> UploadFile:
    return UploadFile(io.BytesIO(content), filename=name)


def grey(level: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (6, 4), level).save(buffer, "PNG")
    return buffer.getvalue()


def read(*contents: bytes, limit: int = 5) -> Tensor:
    async def run() -> Tensor:
        return await read_images([upload(content) for content in contents], INFO, limit, CapacityLimiter(1))

    return asyncio.run(run())


def test_images_are_in_order() -> None:
    items = read(grey(3), grey(200), grey(0))
    assert (items.dtype, items.shape) == (torch.uint8, (3, 1, 4, 6))
    assert items[:, 0, 0, 0].tolist() == [3, 200, 0]


def test_what_is_refused() -> None:
    with pytest.raises(UserError, match="a request may have 5 images, not 6"):
        read(*[grey(0)] * 6)
    with pytest.raises(UserError, match=r"a\.png cannot be used: the image format is not supported"):
        read(grey(0), b"text")
    with pytest.raises(HTTPException, match="413: image 2 is larger than 8 MB"):
        read(grey(0), b"\x00" * (8 * 2**20 + 1))


def test_few_images_are_decoded_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now, most, lock = 0, 0, threading.Lock()

    def slow(name: str, content: bytes, info: DataInfo) -> Tensor:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1
        return torch.zeros(1, 1, 4, 6, dtype=torch.uint8)

    monkeypatch.setattr(uploads, "read_upload", slow)

    async def run() -> None:
        decoders = CapacityLimiter(2)
        await asyncio.gather(*(read_images([upload(b"x")] * 2, INFO, 5, decoders) for _ in range(6)))

    asyncio.run(run())
    assert most == 2
