"""Features of the Inception network of 2015, in which alone a Fréchet distance is called FID.

Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2015), arXiv:1512.00567; for FID,
Heusel et al. (2017), arXiv:1706.08500. Network, resizing and the port of TensorFlow's weights are torch-fidelity's.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ganbench.errors import UserError
from ganbench.metrics.extractors.preprocess import in_batches, require_batch_size
from ganbench.metrics.extractors.weights import PublishedWeights, load_weights
from ganbench.metrics.score import JSON

PUBLISHED = PublishedWeights(
    features="inception",
    file="weights-inception-2015-12-05-6726825d.pth",
    url="https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
    "weights-inception-2015-12-05-6726825d.pth",
    sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
)


class InceptionFeatures:
    """The 2048 pooled features of pictures of any size, and the 1008 logits without their bias.

    The weights are those at ``path``, else found or downloaded. ``batch_size`` changes the features by rounding only.
    ``preparation`` is another way than TensorFlow's of making pictures ready; scores are then not called FID.
    Raises UserError if torch-fidelity or the weights are missing, or the file is not the one that ``weights`` says.
    """

    dims = 2048

    def __init__(
        self,
        path: Path | None = None,
        *,
        weights: PublishedWeights = PUBLISHED,
        preparation: Preparation | None = None,
        batch_size: int = 16,
        device: torch.device | str = "cpu",
    ) -> None:
        require_batch_size(batch_size)
        self.preparation = preparation
        self.weights, self.batch_size, self.device = weights, batch_size, torch.device(device)
        self._network = _network(weights, path).to(self.device)

    @property
    def name(self) -> str:
        """The network, with the filter that pictures are resized by if it is not TensorFlow's."""
        return "inception" if self.preparation is None else f"inception-{self.preparation.name}@299"

    @property
    def weights_sha256(self) -> str:
        """That of the weights' file."""
        return self.weights.sha256

    @property
    def score_names(self) -> Mapping[str, str]:
        """What scores in these features are called; with other weights than the published they have no name."""
        proper = self.weights.sha256 == PUBLISHED.sha256 and self.preparation is None
        return {"fd": "FID", "kd": "KID", "is": "IS"} if proper else {}

    @property
    def preprocessing(self) -> Mapping[str, JSON]:
        """What is done to the pictures before the network sees them."""
        tensorflow: Mapping[str, JSON] = {
            "size": 299,
            "resize": "bilinear as in TensorFlow 1, not antialiased, aspect not kept (torch-fidelity)",
            "normalise": "(x - 128) / 128",
        }
        return {
            **(tensorflow if self.preparation is None else self.preparation.record),
            "grey": "repeated to 3 channels",
            "input": "uint8",
            "dtype": "float32",
        }

    def __call__(self, images: Tensor) -> Tensor:
        """Turn uint8 ``[B, 1 or 3, H, W]`` into float32 ``[B, 2048]`` on the CPU; raises as ``in_batches``."""
        return in_batches(
            self._features, images, dims=self.dims, batch_size=self.batch_size, device=self.device
        )

    @torch.no_grad()
    def logits_from_features(self, features: Tensor) -> Tensor:
        """Turn features ``[B, 2048]`` into logits ``[B, 1008]`` on the CPU, without bias as the score has them."""
        head = cast(nn.Linear, self._network.fc).weight
        with torch.autocast(self.device.type, enabled=False):
            return features.to(self.device).mm(head.T).cpu()

    def logits(self, images: Tensor) -> Tensor:
        """Turn uint8 ``[B, 1 or 3, H, W]`` into logits ``[B, 1008]`` on the CPU; raises as above."""
        return self.logits_from_features(self(images))

    def _features(self, images: Tensor) -> Tensor:
        colours = images.expand(-1, 3, -1, -1)
        if self.preparation is None:
            found: tuple[Tensor] = self._network(colours)
            return found[0]
        x = self.preparation(colours)
        for (
            name,
            layer,
        ) in self._network.named_children():  # in the order of its forward pass, which would resize
            if name != "fc":
                x = layer(x)
        return x.flatten(1)


def _network(weights: PublishedWeights, path: Path | None) -> nn.Module:
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise UserError("features 'inception' need a package: pip install 'ganbench[metrics]'") from error
    state = load_weights(weights, path)
    # torch-fidelity unpickles whatever file it is given. It is given what was checked, tensors only, written anew.
    checked = io.BytesIO()
    torch.save(state, checked)
    checked.seek(0)
    try:
        with torch.random.fork_rng(
            devices=[]
        ):  # first weights, replaced at once, are no draw of the caller's
            network: nn.Module = FeatureExtractorInceptionV3(
                PUBLISHED.features, ["2048"], feature_extractor_weights_path=checked
            )
    except RuntimeError as error:
        raise UserError(f"the weights of '{weights.features}' do not fit; use {PUBLISHED.url}") from error
    return _folded(network)


def _folded(network: nn.Module) -> nn.Module:
    """Fold each batch norm into the convolution before it."""
    for block in list(network.modules()):
        if isinstance(norm := getattr(block, "bn", None), nn.BatchNorm2d):
            block.conv = fuse_conv_bn_eval(cast(nn.Conv2d, block.conv), norm)
            block.bn = nn.Identity()
    return network.to(memory_format=torch.channels_last)


SIZE = 299


@dataclass(frozen=True)
class Preparation:
    """From uint8 ``[B, 3, H, W]`` to what the network sees; ``name`` is part of the features' name.

    The filter is Pillow's: antialiased when it shrinks, in floating point, neither rounded nor clamped.
    """

    name: str
    filter: Literal["bilinear", "bicubic"]
    normalise: Callable[[Tensor], Tensor]
    normalise_words: str

    def __call__(self, images: Tensor) -> Tensor:
        """Return float32 ``[B, 3, 299, 299]``."""
        resized = functional.interpolate(
            images.float(), size=(SIZE, SIZE), mode=self.filter, align_corners=False, antialias=True
        )
        return self.normalise(resized)

    @property
    def record(self) -> Mapping[str, JSON]:
        """Say what is done."""
        return {
            "size": SIZE,
            "resize": f"{self.filter}, antialiased, aspect not kept, neither rounded nor clamped (torch, as Pillow)",
            "normalise": self.normalise_words,
        }


CLEAN = Preparation("bicubic", "bicubic", lambda x: (x - 128) / 128, "(x - 128) / 128")
STUDIOGAN = Preparation("bilinear", "bilinear", lambda x: x / 127.5 - 1, "x / 127.5 - 1")
