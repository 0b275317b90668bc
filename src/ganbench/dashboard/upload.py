"""Read an uploaded image, checking its size before reading and its pixel count before decoding."""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.dashboard.sanitize import printable
from ganbench.dashboard.server import MAX_UPLOAD_MB
from ganbench.data.base import DataInfo
from ganbench.data.io.decode import BrokenImageError, crop_and_resize, decode_image, to_channels_first
from ganbench.errors import UserError

MAX_PIXELS = 16_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
EXTENSIONS = ("png", "jpg", "jpeg", "webp", "bmp")  # offered by the browser; the content decides


def read_upload(name: str, content: bytes, info: DataInfo) -> Tensor:
    """Return an uploaded image in the format of the model's data: uint8 ``[1, C, H, W]``, centre-cropped and resized.

    Raises:
        UserError: the file is larger than 8 MB or 16 megapixels, is damaged, or is not a PNG, JPEG, WebP or BMP; or
            the model's data are not images.
    """
    file = printable(name, 60)
    if info.kind != "image":
        raise UserError("this model's data are points, so it cannot use an image")
    if len(content) > MAX_UPLOAD_MB * 2**20:
        raise UserError(f"{file} is larger than {MAX_UPLOAD_MB} MB; reduce its size")
    try:
        image = decode_image(content, FORMATS, MAX_PIXELS).image
    except BrokenImageError as error:
        raise UserError(f"{file} cannot be used: {printable(error, 200)}") from error
    channels, height, width = info.shape
    fitted = crop_and_resize(image, (height, width)).convert("L" if channels == 1 else "RGB")
    return torch.from_numpy(to_channels_first(fitted).copy())[None]
