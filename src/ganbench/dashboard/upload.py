"""A picture from a browser: refused by its size before it is read, by its pixels before they are decoded."""

from __future__ import annotations

import torch
from torch import Tensor

from ganbench.dashboard.sanitize import shown
from ganbench.dashboard.server import MOST_MEGABYTES
from ganbench.data.base import DataInfo
from ganbench.data.io.decode import BrokenPicture, channels_first, fit, read_picture
from ganbench.errors import UserError

MOST_PIXELS = 16_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
EXTENSIONS = ("png", "jpg", "jpeg", "webp", "bmp")  # which a browser offers; what counts is the content


def read_upload(name: str, content: bytes, info: DataInfo) -> Tensor:
    """Return an uploaded picture as the model's data are: uint8 ``[1, C, H, W]``, cut to the middle and resized.

    Raises:
        UserError: above 8 MB or 16 megapixels, no PNG, JPEG, WebP or BMP, or damaged; or the model's data are no
            pictures.
    """
    file = shown(name, 60)
    if info.kind != "image":
        raise UserError("this model's data are points, so it can do nothing with a picture")
    if len(content) > MOST_MEGABYTES * 2**20:
        raise UserError(f"{file} has more than {MOST_MEGABYTES} MB; make it smaller")
    try:
        picture = read_picture(content, FORMATS, MOST_PIXELS).image
    except BrokenPicture as error:
        raise UserError(f"{file} cannot be used: {shown(error, 200)}") from error
    channels, height, width = info.shape
    fitted = fit(picture, (height, width)).convert("L" if channels == 1 else "RGB")
    return torch.from_numpy(channels_first(fitted).copy())[None]
