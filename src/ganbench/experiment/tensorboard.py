"""Mirror the scalars of the event log for TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ganbench.errors import UserError


def require_tensorboard() -> None:
    """Raise UserError if TensorBoard is not installed; call it before training."""
    try:
        import torch.utils.tensorboard  # noqa: F401
    except ImportError as error:
        raise UserError("TensorBoard is not installed: pip install 'ganbench[track]'") from error


class TensorBoardMirror:
    """Writes scalars to a TensorBoard folder; a resumed run replaces what came after ``step``.

    Raises:
        UserError: TensorBoard is not installed.
    """

    def __init__(self, folder: Path, step: int) -> None:
        require_tensorboard()
        from torch.utils.tensorboard import SummaryWriter

        self.writer = SummaryWriter(str(folder), purge_step=step + 1)

    def add(self, step: int, terms: Mapping[str, float], images_per_second: float) -> None:
        """Write the loss terms of one step and the speed."""
        for name, value in {**terms, "images_per_second": images_per_second}.items():
            self.writer.add_scalar(name, value, step)
        self.writer.flush()

    def close(self) -> None:
        """Flush and stop the writer's thread."""
        self.writer.close()
