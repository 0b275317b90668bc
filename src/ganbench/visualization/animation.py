"""Animations as GIF, and as MP4 where ffmpeg is installed."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from ganbench.data.io.decode import BrokenImageError
from ganbench.errors import UserError
from ganbench.runs.run import Run
from ganbench.utils.files import write_bytes
from ganbench.visualization.frames import list_frames, read_picture, thin_frames

_MAX_FRAMES = 120
_FRAMES_PER_SECOND = 8
_HOLD = 1500  # milliseconds for which a GIF shows its last frame


def timeline_frames(run: Run) -> list[Image.Image]:
    """Return a run's sample pictures in order, resized to one size, each with its step written below.

    Raises:
        UserError: the run has no readable sample pictures.
    """
    images = []
    for frame in thin_frames(list_frames(run.samples), _MAX_FRAMES):
        try:
            image = read_picture(frame.path)
        except BrokenImageError:  # such as a half-written one
            continue
        images.append(add_caption(image, f"step {frame.step:,}"))
    if not images:
        raise UserError(f"{run.path} has no sample pictures; set schedule.sample_every above 0")
    return [image.resize(images[-1].size) if image.size != images[-1].size else image for image in images]


def decode_png(png: bytes) -> Image.Image:
    """Return an encoded picture as an RGB image."""
    with Image.open(io.BytesIO(png)) as image:
        return image.convert("RGB")


def add_caption(image: Image.Image, caption: str) -> Image.Image:
    """Return the image with one line of text below it."""
    sheet = Image.new("RGB", (image.width, image.height + 16), "white")
    sheet.paste(image)
    ImageDraw.Draw(sheet).text((4, image.height + 2), caption, fill="black")
    return sheet


def write_gif(path: Path, frames: Sequence[Image.Image], hold: int = _HOLD) -> None:
    """Write frames of one size as a looping GIF that shows the last frame for ``hold`` milliseconds."""
    duration = 1000 // _FRAMES_PER_SECOND
    quantized = [frame.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE) for frame in frames]
    durations = [duration] * (len(quantized) - 1) + [max(hold, duration)]
    buffer = io.BytesIO()
    quantized[0].save(
        buffer, "GIF", save_all=True, append_images=quantized[1:], duration=durations, loop=0, disposal=1
    )
    write_bytes(path, buffer.getvalue())


def require_ffmpeg() -> str:
    """Return the path of ffmpeg. Raises UserError if it is not installed."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise UserError("an MP4 needs ffmpeg, which is not installed; --gif works without it")
    return program


def write_mp4(path: Path, frames: Sequence[Image.Image]) -> None:
    """Write frames of one size as an MP4 that all browsers can play.

    Raises:
        UserError: ffmpeg is not installed or fails.
    """
    ffmpeg = require_ffmpeg()
    with tempfile.TemporaryDirectory() as folder:
        for i, frame in enumerate(frames):
            frame.save(Path(folder) / f"{i:05d}.png")
        output = Path(folder) / "output.mp4"
        even = "pad=ceil(iw/2)*2:ceil(ih/2)*2:color=white,format=yuv420p"  # yuv420p needs even sizes
        command = [ffmpeg, "-loglevel", "error", "-y", "-framerate", str(_FRAMES_PER_SECOND)]
        command += ["-i", f"{folder}/%05d.png", "-vf", even, "-movflags", "+faststart", str(output)]
        process = subprocess.run(command, capture_output=True, text=True, check=False)
        if process.returncode or not output.is_file():
            reason = process.stderr.strip().splitlines()[-1:] or ["no error message"]
            raise UserError(f"ffmpeg could not write {path}: {reason[0]}")
        write_bytes(path, output.read_bytes())
