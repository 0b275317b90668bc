"""Compute torch-fidelity's Fréchet distance with EfficientNet-Lite0 as feature extractor."""

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


class Images(Dataset[Tensor]):
    """Images as a torch data set, which torch-fidelity takes as input."""

    def __init__(self, images: Tensor) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        return self.images[index]


def torch_fidelity_fd(
    reference: Tensor, images: Tensor, size: int, cache: Path, *, folded: bool
) -> dict[str, float]:
    """Return the distance and the seconds it took, with the reference's statistics in the cache folder.

    Images are uint8 ``[N, 1 or 3, H, W]``. With ``folded`` the network is ganbench's, whose batch norms are folded,
    otherwise that of the published package.
    """
    torch_fidelity.register_feature_extractor(NAME, _extractor(size, folded))
    options = {
        "fid": True,
        "feature_extractor": NAME,
        "cuda": False,
        "batch_size": 64,  # its default
        "cache_root": str(cache),
        "input2_cache_name": "reference",
        "verbose": False,
    }
    others = Images(reference)
    if not list(cache.glob("*stat-fid*")):
        torch_fidelity.calculate_metrics(input1=Images(images[:64]), input2=others, **options)
    start = time.perf_counter()
    metrics = torch_fidelity.calculate_metrics(input1=Images(images), input2=others, **options)
    return {
        "seconds": time.perf_counter() - start,
        "fd": float(metrics[torch_fidelity.KEY_METRIC_FID]),
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
            inputs = resize_bicubic(images.expand(-1, 3, -1, -1), size).sub_(127).div_(128)
            if folded:
                return (self.network(inputs),)
            return (self.network.extract_features(inputs.contiguous()).mean((2, 3)),)

    return Extractor
