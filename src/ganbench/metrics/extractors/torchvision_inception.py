"""Torchvision's Inception-v3, trained on ImageNet's 1,000 classes: not the network of FID, which others take for it.

Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2015), arXiv:1512.00567.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganbench.metrics.base import JSON
from ganbench.metrics.extractors.batches import in_batches, require_batch_size
from ganbench.metrics.extractors.weights import PublishedWeights, load_with_digest, require_keys

SIZE = 299
PUBLISHED = PublishedWeights(
    features="torchvision-inception",
    file="inception_v3_google-0cc3c7bd.pth",
    url="https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth",
    sha256="0cc3c7bd",  # the digits that are published, in the file's name; torchvision checks no more
)
Output: TypeAlias = Literal["logits", "pool"]


class TorchvisionInception:
    """The 1,000 logits, or the 2,048 pooled numbers before them, of pictures enlarged to 299 without antialiasing.

    The weights are those at ``path``, else found or downloaded. Scores in these features have no published name.
    Raises UserError if the weights are missing, or not the file that ``weights`` says.
    """

    def __init__(
        self,
        output: Output = "logits",
        path: Path | None = None,
        *,
        weights: PublishedWeights = PUBLISHED,
        batch_size: int = 16,
        device: torch.device | str = "cpu",
    ) -> None:
        require_batch_size(batch_size)
        self.output, self.batch_size, self.device = output, batch_size, torch.device(device)
        state, self.weights_sha256 = load_with_digest(weights, path)
        self._network = _network(state, weights).to(self.device)

    @property
    def name(self) -> str:
        """The network, and what of it."""
        return f"torchvision-inception-{self.output}@{SIZE}"

    @property
    def dims(self) -> int:
        """One for each class, or the width of the last layer."""
        return 1000 if self.output == "logits" else 2048

    @property
    def preprocessing(self) -> Mapping[str, JSON]:
        """What is done to the pictures before the network sees them."""
        return {
            "size": SIZE,
            "resize": "bilinear, not antialiased, aspect not kept (torch interpolate)",
            "normalise": "x / 127.5 - 1",
            "grey": "repeated to 3 channels",
            "input": "uint8",
            "dtype": "float32",
        }

    def __call__(self, images: Tensor) -> Tensor:
        """Turn uint8 ``[B, 1 or 3, H, W]`` into float32 ``[B, dims]`` on the CPU; raises as ``in_batches``."""
        return self._through(self.output, images)

    def logits(self, images: Tensor) -> Tensor:
        """Turn uint8 ``[B, 1 or 3, H, W]`` into logits ``[B, 1000]`` on the CPU; raises as above."""
        return self._through("logits", images)

    def logits_from_features(self, features: Tensor) -> Tensor:
        """Turn features ``[B, dims]`` into logits ``[B, 1000]`` on the CPU."""
        if self.output == "logits":
            return features
        with torch.autocast(self.device.type, enabled=False), torch.no_grad():
            found: Tensor = self._network.get_submodule("fc")(features.to(self.device))
        return found.cpu()

    def _through(self, output: Output, images: Tensor) -> Tensor:
        head = self._network.get_submodule("fc")

        def work(part: Tensor) -> Tensor:
            floats = part.expand(-1, 3, -1, -1).float() / 127.5 - 1
            x = functional.interpolate(floats, size=(SIZE, SIZE), mode="bilinear", align_corners=False)
            for name, layer in self._network.named_children():
                if name != "fc":  # dropout, in eval mode, is nothing
                    x = layer(x)
            found: Tensor = x.flatten(1)
            return head(found) if output == "logits" else found

        dims = 1000 if output == "logits" else 2048
        return in_batches(work, images, dims=dims, batch_size=self.batch_size, device=self.device)


def _network(state: Mapping[str, Tensor], weights: PublishedWeights) -> nn.Module:
    from torchvision.models.inception import Inception3

    with torch.device("meta"):  # neither memory nor random numbers for weights that are replaced at once
        network = Inception3(aux_logits=False, transform_input=False, init_weights=False)
    kept = {key: value for key, value in state.items() if not key.startswith("AuxLogits.")}
    require_keys(weights.features, kept, network.state_dict(), weights.url)
    network.load_state_dict(kept, assign=True)
    made: nn.Module = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    return made
