"""A folder of pictures made into one archive file of one size: decoded, cut and resized once and for all."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from ganbench.data.io.archive_file import Archive, write_archive
from ganbench.data.io.broken import OnError, check_on_error, settle_broken
from ganbench.data.io.decode import BrokenPicture, fit, read_file, read_picture
from ganbench.data.io.listing import classes_of, list_pictures, shown
from ganbench.data.io.sizes import Size, height_width
from ganbench.errors import UserError


def prepare(
    source: str | Path,
    destination: str | Path,
    size: Size,
    *,
    quality: int | None = None,
    grey: bool = False,
    on_error: OnError = "refuse",
) -> Archive:
    """Write the pictures of a folder, cut to the middle and resized, as an archive, and return what it holds.

    They are stored as PNG, without loss, unless a JPEG ``quality`` (1 to 100, in full colour resolution) is
    given: compression shifts Fréchet distances by more than most methods differ, and small pictures save
    little.

    Raises:
        UserError: the destination exists or does not end in ``.npz``; the folder or a setting is wrong;
            pictures are broken and not to be skipped.
    """
    destination = Path(destination)
    if destination.suffix != ".npz":
        raise UserError(f"an archive's name ends in .npz, not as in {destination}")
    if destination.exists():
        raise UserError(f"{destination} exists already: remove it or choose another name")
    if not destination.parent.is_dir():
        raise UserError(f"there is no folder {destination.parent} to write in")
    if quality is not None and not 1 <= quality <= 100:
        raise UserError(f"JPEG quality goes from 1 to 100, not {quality}")
    check_on_error(on_error)
    wanted = height_width(size)
    listing = list_pictures(source)
    streams, sound, broken = [], [], []
    for file in listing.files:
        try:
            image = fit(read_picture(read_file(listing.root / file)).image, wanted)
        except BrokenPicture as error:
            broken.append((shown(file), str(error)))
            continue
        streams.append(_encoded(image.convert("L" if grey else "RGB"), quality))
        sound.append(file)
    settle_broken(listing.root, broken, len(listing.files), on_error)
    labels, classes = classes_of(sound)
    return write_archive(destination, streams, labels, classes)


def _encoded(image: Image.Image, quality: int | None) -> bytes:
    buffer = io.BytesIO()
    if quality is None:
        image.save(buffer, "PNG")
    else:
        image.save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()
