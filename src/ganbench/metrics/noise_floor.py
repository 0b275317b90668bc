"""What real pictures score against other real pictures: the Fréchet distance that no generator is to beat.

It is what bias and chance alone give at that number of samples, kept on disk beside the statistics.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import torch

from ganbench.data.places import cache_folder
from ganbench.metrics.base import JSON
from ganbench.metrics.extractors.base import FeatureExtractor
from ganbench.metrics.frechet_distance import FrechetTo
from ganbench.metrics.kept_tensors import read_tensors, write_tensors
from ganbench.metrics.reference import reference_key, reference_rows, rows_kept
from ganbench.metrics.statistics import RunningGaussian, without

if TYPE_CHECKING:
    from ganbench.data.base import Dataset


def real_against_real(
    dataset: Dataset, extractor: FeatureExtractor, reference: FrechetTo, samples: int
) -> dict[str, JSON]:
    """Return the distance of ``samples`` real pictures to all others of the reference, as details of a score.

    The pictures are random ones, at most half of the reference and at most 10,000. Their part is taken out of the
    reference's statistics, so that none of them is on both sides. ``real_against_real_samples`` says how many
    there were; the value is None where the reference has fewer than four items.
    """
    items = reference.reference.count
    if items < 4:
        return {"real_against_real": None, "real_against_real_samples": 0}
    count = max(2, min(samples, items // 2, rows_kept(extractor, items)))
    path = cache_folder() / "floors" / f"{reference_key(dataset, extractor, items)}-{count}.floor"
    kept = read_tensors(path) if dataset.info.fingerprint else None
    if kept is not None and kept.keys() == {"floor"}:
        floor = float(kept["floor"])
    else:
        running = RunningGaussian(extractor.dims)
        running.add(reference_rows(dataset, extractor, items)[:count])
        chosen = running.gaussian()
        floor = FrechetTo(without(reference.reference, chosen)).terms(chosen).distance
        if dataset.info.fingerprint:
            try:
                write_tensors(path, {"floor": torch.tensor(floor, dtype=torch.float64)})
            except OSError as error:
                warnings.warn(
                    f"the noise floor is not kept, cannot write {path.parent}: {error.strerror}", stacklevel=2
                )
    return {"real_against_real": floor, "real_against_real_samples": count}
