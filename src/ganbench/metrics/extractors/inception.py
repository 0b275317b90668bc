"""Features of the 2015 Inception network, the only ones in which a Fréchet distance is called FID.

Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2015), arXiv:1512.00567; for FID,
Heusel et al. (2017), arXiv:1706.08500. Network, resizing and the port of TensorFlow's weights are torch-fidelity's.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ganbench.errors import UserError
from ganbench.metrics.extractors.preprocess import forward_in_batches, require_batch_size
from ganbench.metrics.extractors.weights import PublishedWeights, load_weights
from ganbench.metrics.score import JSON

PUBLISHED = PublishedWeights(
    features="inception",
    file="weights-inception-2015-12-05-6726825d.pth",
    url="https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
    "weights-inception-2015-12-05-6726825d.pth",
    sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
)
SIZE = 299


@dataclass(frozen=True)
class Resizer:
    """Resize uint8 images ``[B, 3, H, W]`` with a filter of Pillow's and normalise them.

    The filter is antialiased when it shrinks, in floating point, neither rounded nor clamped. ``name`` becomes part
    of the features' name; ``normalise_formula`` describes ``normalise`` in the record of a score.
    """

    name: str
    filter: Literal["bilinear", "bicubic"]
    normalise: Callable[[Tensor], Tensor]
    normalise_formula: str

    def __call__(self, images: Tensor) -> Tensor:
        """Return float32 ``[B, 3, 299, 299]``."""
        resized = functional.interpolate(
            images.float(), size=(SIZE, SIZE), mode=self.filter, align_corners=False, antialias=True
        )
        return self.normalise(resized)

    @property
    def record(self) -> Mapping[str, JSON]:
        """Resizing and normalisation, for the record of a score."""
        return {
            "size": SIZE,
            "resize": f"{self.filter}, antialiased, aspect not kept, neither rounded nor clamped (torch, as Pillow)",
            "normalise": self.normalise_formula,
        }


CLEAN_RESIZER = Resizer("bicubic", "bicubic", lambda x: (x - 128) / 128, "(x - 128) / 128")
STUDIOGAN_RESIZER = Resizer("bilinear", "bilinear", lambda x: x / 127.5 - 1, "x / 127.5 - 1")
TENSORFLOW_RECORD: Mapping[str, JSON] = {
    "size": SIZE,
    "resize": "bilinear as in TensorFlow 1, not antialiased, aspect not kept (torch-fidelity)",
    "normalise": "(x - 128) / 128",
}


class InceptionFeatures:
    """The 2048 pooled features of images of any size, and the 1008 logits without bias.

    Args:
        path: The weights file; if None, it is searched for or downloaded.
        weights: The file that is expected.
        resizer: Replaces TensorFlow's resizing; scores are then not called FID.
        batch_size: Images per forward pass; it affects the features by rounding only.
        device: Where the network runs.

    Raises:
        UserError: torch-fidelity or the weights are missing, or the file is not the expected one.
    """

    dims: ClassVar[int] = 2048

    def __init__(
        self,
        path: Path | None = None,
        *,
        weights: PublishedWeights = PUBLISHED,
        resizer: Resizer | None = None,
        batch_size: int = 16,
        device: torch.device | str = "cpu",
    ) -> None:
        require_batch_size(batch_size)
        self.resizer = resizer
        self.weights, self.batch_size, self.device = weights, batch_size, torch.device(device)
        self._network = _load_network(weights, path).to(self.device)

    @property
    def name(self) -> str:
        """``inception``, with the resizer's name if it is not TensorFlow's."""
        return "inception" if self.resizer is None else f"inception-{self.resizer.name}@299"

    @property
    def weights_sha256(self) -> str:
        """The SHA-256 of the weights file."""
        return self.weights.sha256

    @property
    def score_names(self) -> Mapping[str, str]:
        """The published names of scores; empty for other weights or resizers than those of FID."""
        is_standard = self.weights.sha256 == PUBLISHED.sha256 and self.resizer is None
        return {"fd": "FID", "kd": "KID", "is": "IS"} if is_standard else {}

    @property
    def preprocessing(self) -> Mapping[str, JSON]:
        """Resizing and normalisation, for the record of a score."""
        return {
            **(TENSORFLOW_RECORD if self.resizer is None else self.resizer.record),
            "grey": "repeated to 3 channels",
            "input": "uint8",
            "dtype": "float32",
        }

    def __call__(self, images: Tensor) -> Tensor:
        """Map uint8 ``[B, 1 or 3, H, W]`` to float32 ``[B, 2048]`` on the CPU; raises as ``forward_in_batches``."""
        return forward_in_batches(
            self._features, images, dims=self.dims, batch_size=self.batch_size, device=self.device
        )

    @torch.no_grad()
    def logits_from_features(self, features: Tensor) -> Tensor:
        """Map features ``[B, 2048]`` to logits ``[B, 1008]`` on the CPU, without bias as in the Inception Score."""
        head = cast(nn.Linear, self._network.fc).weight
        with torch.autocast(self.device.type, enabled=False):
            return features.to(self.device).mm(head.T).cpu()

    def logits(self, images: Tensor) -> Tensor:
        """Map uint8 ``[B, 1 or 3, H, W]`` to logits ``[B, 1008]`` on the CPU; raises as :meth:`__call__`."""
        return self.logits_from_features(self(images))

    def _features(self, images: Tensor) -> Tensor:
        rgb = images.expand(-1, 3, -1, -1)
        if self.resizer is None:
            features: tuple[Tensor] = self._network(rgb)
            return features[0]
        x = self.resizer(rgb)
        # The children are in the order of the forward pass, which would resize as TensorFlow does.
        for name, layer in self._network.named_children():
            if name != "fc":
                x = layer(x)
        return x.flatten(1)


def _load_network(weights: PublishedWeights, path: Path | None) -> nn.Module:
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise UserError("features 'inception' need a package: pip install 'ganbench[metrics]'") from error
    state = load_weights(weights, path)
    # torch-fidelity unpickles any file. It gets the checked tensors only, saved again.
    checked = io.BytesIO()
    torch.save(state, checked)
    checked.seek(0)
    try:
        # The random initial weights are replaced at once and must not advance the caller's random state.
        with torch.random.fork_rng(devices=[]):
            network: nn.Module = FeatureExtractorInceptionV3(
                PUBLISHED.features, ["2048"], feature_extractor_weights_path=checked
            )
    except RuntimeError as error:
        raise UserError(f"the weights of '{weights.features}' do not fit; use {PUBLISHED.url}") from error
    return _fold_batch_norms(network)


def _fold_batch_norms(network: nn.Module) -> nn.Module:
    """Fold each batch norm into the convolution before it."""
    for block in list(network.modules()):
        if isinstance(norm := getattr(block, "bn", None), nn.BatchNorm2d):
            block.conv = fuse_conv_bn_eval(cast(nn.Conv2d, block.conv), norm)
            block.bn = nn.Identity()
    return network.to(memory_format=torch.channels_last)
