"""Moving pictures: a run's timeline or a walk as a GIF, and as an MP4 where ffmpeg is at hand."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from ganbench.errors import UserError
from ganbench.runs.run import Run
from ganbench.utils.files import write_bytes
from ganbench.visualization.frames import frames, spread

_MOST, _RATE, _HOLD = 120, 8, 1500  # frames, frames a second, milliseconds for which the last one stands


def timeline_pictures(run: Run) -> list[Image.Image]:
    """Return the pictures of a run's samples, each over a line that says its step, all of one size.

    Raises:
        UserError: there are no whole pictures.
    """
    made = []
    for frame in spread(frames(run.samples), _MOST):
        try:
            picture = opened(frame.path.read_bytes())
        except (OSError, ValueError):  # half written
            continue
        made.append(captioned(picture, f"step {frame.step:,}"))
    if not made:
        raise UserError(f"{run.path} has no pictures of samples; set schedule.sample_every above 0")
    return [picture.resize(made[-1].size) if picture.size != made[-1].size else picture for picture in made]


def opened(png: bytes) -> Image.Image:
    """Return an encoded picture, in RGB."""
    with Image.open(io.BytesIO(png)) as picture:
        return picture.convert("RGB")


def captioned(picture: Image.Image, words: str) -> Image.Image:
    """Return the picture over a line of words."""
    sheet = Image.new("RGB", (picture.width, picture.height + 16), "white")
    sheet.paste(picture)
    ImageDraw.Draw(sheet).text((4, picture.height + 2), words, fill="black")
    return sheet


def write_gif(path: Path, pictures: Sequence[Image.Image], hold: int = _HOLD) -> None:
    """Write pictures of one size as a GIF that repeats; the last one stands for ``hold`` milliseconds."""
    usual = 1000 // _RATE
    few = [picture.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE) for picture in pictures]
    buffer = io.BytesIO()
    durations = [usual] * (len(few) - 1) + [max(hold, usual)]
    few[0].save(buffer, "GIF", save_all=True, append_images=few[1:], duration=durations, loop=0, disposal=1)
    write_bytes(path, buffer.getvalue())


def require_ffmpeg() -> str:
    """Return where ffmpeg is. Raises UserError if it is not installed."""
    found = shutil.which("ffmpeg")
    if found is None:
        raise UserError("an MP4 needs ffmpeg, which is not installed; --gif needs nothing more")
    return found


def write_mp4(path: Path, pictures: Sequence[Image.Image]) -> None:
    """Write pictures of one size as an MP4 that all browsers play.

    Raises:
        UserError: ffmpeg is not installed, or cannot make an MP4.
    """
    ffmpeg = require_ffmpeg()
    with tempfile.TemporaryDirectory() as folder:
        for i, picture in enumerate(pictures):
            picture.save(Path(folder) / f"{i:05d}.png")
        made = Path(folder) / "made.mp4"
        even = "pad=ceil(iw/2)*2:ceil(ih/2)*2:color=white,format=yuv420p"  # odd sizes cannot be encoded
        command = [ffmpeg, "-loglevel", "error", "-y", "-framerate", str(_RATE), "-i", f"{folder}/%05d.png"]
        command += ["-vf", even, "-movflags", "+faststart", str(made)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not made.is_file():
            last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
            raise UserError(f"ffmpeg could not make {path}: {last[0]}")
        write_bytes(path, made.read_bytes())
