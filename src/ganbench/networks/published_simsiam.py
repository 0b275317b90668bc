"""The ResNet-50 and projector of published SimSiam checkpoints, read from a local file and never downloaded.

Exploring Simple Siamese Representation Learning (2020), arXiv:2011.10566.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.layers.resampling import resize
from ganbench.networks.encoder import make_projector
from ganbench.networks.pretrained import Pretrained

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class SimSiamResNet50(Pretrained):
    """Images ``[N, 3, H, W]`` in [-1, 1] -> vectors ``[N, 2048]``: ResNet-50, then a projector of three layers.

    Images are resized to ``resolution`` (0: not resized) and normalised with ImageNet's mean and standard deviation.
    ``weights`` is the published file (``checkpoint_0099.pth.tar``), whose predictor is ignored.

    Raises ``UserError`` if images do not have three channels, or ``resolution`` is negative.
    """

    def __init__(self, *, shape: tuple[int, int, int], resolution: int = 0, weights: str = "") -> None:
        super().__init__(weights)
        if shape[0] != 3 or resolution < 0:
            raise UserError(
                f"SimSiamResNet50 needs images of 3 channels and a resolution of at least 0 (0: not resized), not "
                f"{shape[0]} channels and {resolution}"
            )
        from torchvision.models import resnet50

        self.backbone = resnet50()
        self.feature_size, self.size, self.resolution = self.backbone.fc.in_features, 2048, resolution
        self.backbone.fc = nn.Identity()
        self.projector = make_projector(self.feature_size, self.size, 3)
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(_STD)[:, None, None], persistent=False)

    def rename_keys(self, state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Return a published file's tensors under this network's keys; this network's own keys are left unchanged."""
        renamed = {}
        for key, value in state.items():
            name = key.removeprefix("module.")
            if name.startswith("predictor."):
                continue
            if name.startswith("encoder.fc."):
                name = name.replace("encoder.fc.", "projector.", 1)
            elif name.startswith("encoder."):
                name = name.replace("encoder.", "backbone.", 1)
            renamed[name] = value
        # The last linear layer of the published projector has a bias. The running mean of the batch norm after it
        # includes that bias, so subtracting the bias from the mean gives the same output without a bias.
        bias, mean = renamed.pop("projector.6.bias", None), renamed.get("projector.7.running_mean")
        if bias is not None and mean is not None:
            renamed["projector.7.running_mean"] = mean - bias
        return renamed

    def features(self, x: Tensor) -> Tensor:
        """Return features ``[N, 2048]``."""
        unit = (resize(x, self.resolution) + 1) / 2
        return cast(Tensor, self.backbone((unit - self.get_buffer("mean")) / self.get_buffer("std")))

    def project(self, features: Tensor) -> Tensor:
        """Return vectors ``[N, 2048]`` for features ``[N, 2048]``."""
        return cast(Tensor, self.projector(features))

    def forward(self, x: Tensor) -> Tensor:
        """Return vectors ``[N, 2048]``."""
        return self.project(self.features(x))
