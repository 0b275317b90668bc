"""Show a run in TensorBoard: ``tensorboard --logdir RUN``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ganbench.runs.run import Run


class TensorBoardTracker:
    """Writes to the run's folder ``tensorboard/``; a resumed run replaces what came after its step."""

    def __init__(self, run: Run, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(run.path / "tensorboard"), purge_step=step + 1)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Write values of one step."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def picture(self, step: int, name: str, path: Path) -> None:
        """Write a picture of one step."""
        with Image.open(path) as image:
            self._writer.add_image(name, np.asarray(image.convert("RGB")), step, dataformats="HWC")

    def close(self, record: Mapping[str, Any]) -> None:
        """Flush and stop the writer's thread; the record is not written, since TensorBoard shows no JSON."""
        self._writer.close()
