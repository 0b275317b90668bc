"""torch-fidelity's Fréchet distance with EfficientNet-Lite0 for its feature extractor."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch
import torch_fidelity
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor
from torch.utils.data import Dataset
from torch_fidelity.feature_extractor_base import FeatureExtractorBase

from ganbench.metrics.extractors.efficientnet_lite0 import (
    EfficientNetLite0Features,
    load_weights,
    weights_path,
)
from ganbench.metrics.extractors.preprocess import resize_bicubic

NAME, LAYER = "efficientnet-lite0", "1280"


class Pictures(Dataset[Tensor]):
    """Pictures one by one, as torch-fidelity asks for them."""

    def __init__(self, pictures: Tensor) -> None:
        self.pictures = pictures

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> Tensor:
        return self.pictures[index]


def torch_fidelity_fd(
    reference: Tensor, pictures: Tensor, size: int, cache: Path, *, folded: bool
) -> dict[str, float]:
    """Return the distance and the seconds it took, the reference's statistics being in the cache folder already.

    Pictures are uint8 ``[N, 1 or 3, H, W]``. The network is ours (``folded``), or the published package's.
    """
    torch_fidelity.register_feature_extractor(NAME, _extractor(size, folded))
    asked = {
        "fid": True,
        "feature_extractor": NAME,
        "cuda": False,
        "batch_size": 64,  # its own default
        "cache_root": str(cache),
        "input2_cache_name": "reference",
        "verbose": False,
    }
    others = Pictures(reference)
    if not list(cache.glob("*stat-fid*")):
        torch_fidelity.calculate_metrics(input1=Pictures(pictures[:64]), input2=others, **asked)
    start = time.perf_counter()
    found = torch_fidelity.calculate_metrics(input1=Pictures(pictures), input2=others, **asked)
    return {
        "seconds": time.perf_counter() - start,
        "fd": float(found[torch_fidelity.KEY_METRIC_FID]),
    }


def _extractor(size: int, folded: bool) -> type[FeatureExtractorBase]:
    class Extractor(FeatureExtractorBase):
        def __init__(self, name: str, features_list: Any, **others: Any) -> None:
            super().__init__(name, features_list)
            if folded:
                self.network = EfficientNetLite0Features(size)._network
            else:
                network = EfficientNet.from_name("efficientnet-lite0", image_size=size)
                network.load_state_dict(load_weights(weights_path()))
                self.network = network
            self.eval()

        @staticmethod
        def get_provided_features_list() -> tuple[str, ...]:
            return (LAYER,)

        @staticmethod
        def get_default_feature_layer_for_metric(metric: str) -> str:
            return LAYER

        @staticmethod
        def can_be_compiled() -> bool:
            return False

        @torch.no_grad()
        def forward(self, images: Tensor) -> tuple[Tensor]:
            prepared = resize_bicubic(images.expand(-1, 3, -1, -1), size).sub_(127).div_(128)
            if folded:
                return (self.network(prepared),)
            return (self.network.extract_features(prepared.contiguous()).mean((2, 3)),)

    return Extractor
