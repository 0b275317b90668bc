"""Decode uploaded images to the items of a model."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from anyio import CapacityLimiter, to_thread
from fastapi import UploadFile
from starlette.exceptions import HTTPException
from torch import Tensor

from ganbench.dashboard.server import MAX_UPLOAD_MB
from ganbench.dashboard.upload import read_upload
from ganbench.data.base import DataInfo
from ganbench.errors import UserError


async def read_images(
    files: Sequence[UploadFile], info: DataInfo, limit: int, decoders: CapacityLimiter
) -> Tensor:
    """Return uploaded images in the format of a model's data, uint8 ``[N, C, H, W]``, cropped and resized.

    Args:
        files: The images.
        info: The model's data.
        limit: The largest number of images.
        decoders: Limits how many images are decoded at once: a large one needs much memory.

    Raises:
        UserError: A file is no image that :func:`read_upload` can use, or there are too many.
        HTTPException: A file is too large (413).
    """
    if len(files) > limit:
        raise UserError(f"a request may have {limit} images, not {len(files)}")
    images = []
    for number, file in enumerate(files, 1):
        content = await file.read()
        name = file.filename or f"image {number}"
        if len(content) > MAX_UPLOAD_MB * 2**20:
            raise HTTPException(413, f"image {number} is larger than {MAX_UPLOAD_MB} MB; reduce its size")
        images.append(await to_thread.run_sync(read_upload, name, content, info, limiter=decoders))
    return torch.cat(images)
