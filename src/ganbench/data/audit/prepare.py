"""Convert a folder of images to one archive file of one size: images are decoded, cropped and resized once."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

from PIL import Image

from ganbench.data.io.archive_file import Archive, write_archive
from ganbench.data.io.broken_images import OnError, check_on_error, report_broken_images
from ganbench.data.io.decode import BrokenImageError, crop_and_resize, decode_image, read_image_bytes
from ganbench.data.io.listing import classes_from_folders, list_images, lost_classes, printable_path
from ganbench.data.io.sizes import Size, height_width
from ganbench.errors import UserError
from ganbench.utils.files import check_writable


def prepare(
    source: str | Path,
    destination: str | Path,
    size: Size,
    *,
    quality: int | None = None,
    grey: bool = False,
    on_error: OnError = "refuse",
) -> Archive:
    """Write the images of a folder, centre-cropped and resized, as an archive, and return it.

    Args:
        source: the folder of images.
        destination: the archive to write; its name ends in ``.npz``.
        size: one number, or (height, width).
        quality: 1 to 100 stores JPEGs of this quality, without chroma subsampling. The default stores PNGs, which
            are lossless: compression shifts Fréchet distances by more than most methods differ, and saves little for
            small images.
        grey: whether to convert the images to grey.
        on_error: "refuse" or "skip" broken images.

    Raises:
        UserError: the destination exists or does not end in ``.npz``, the folder or an argument is invalid, or images
            are broken and ``on_error`` is "refuse".
    """
    destination = Path(destination)
    if destination.suffix != ".npz":
        raise UserError(f"an archive's name must end in .npz, unlike {destination}")
    if destination.exists():
        raise UserError(f"{destination} exists already: remove it or choose another name")
    if not destination.parent.is_dir():
        raise UserError(f"there is no folder {destination.parent} to write in")
    check_writable(destination)
    if quality is not None and not 1 <= quality <= 100:
        raise UserError(f"JPEG quality must be from 1 to 100, not {quality}")
    check_on_error(on_error)
    shape = height_width(size)
    files = list_images(source, on_error)
    images, readable, broken = [], [], []
    for path in files.paths:
        try:
            image = crop_and_resize(decode_image(read_image_bytes(files.root / path)).image, shape)
        except BrokenImageError as error:
            broken.append((printable_path(path), str(error)))
            continue
        images.append(_encode(image.convert("L" if grey else "RGB"), quality))
        readable.append(path)
    report_broken_images(files.root, broken, len(files.paths), on_error)
    labels, classes = classes_from_folders(readable)
    for sentence in lost_classes(files, classes):
        warnings.warn(sentence, stacklevel=2)
    return write_archive(destination, images, labels, classes)


def _encode(image: Image.Image, quality: int | None) -> bytes:
    buffer = io.BytesIO()
    if quality is None:
        image.save(buffer, "PNG")
    else:
        image.save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()
