"""What users name as a source or a reference: a run, a folder, an archive, a data set."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from ganbench.config.spec import Spec, parameters
from ganbench.data.base import Dataset
from ganbench.data.held_out import held_out_split
from ganbench.data.io.decode import BrokenImageError, decode_image, read_image_bytes
from ganbench.data.io.listing import list_images
from ganbench.data.io.shard_index import has_index
from ganbench.data.python_data import as_dataset
from ganbench.data.registry import datasets, find_dataset
from ganbench.data.samples import is_samples_file
from ganbench.data.subset import reference_subset
from ganbench.errors import UserError, did_you_mean_or_own
from ganbench.evaluation.sample_sources import (
    REFERENCE_SAMPLES,
    DatasetSamples,
    generated_dataset,
    match_classes,
)
from ganbench.evaluation.scoring import EvaluationRequest
from ganbench.inference.load import load
from ganbench.runs.run import Run
from ganbench.zoo.source import is_model_name


def find_run(source: str | Path | Run) -> Run | None:
    """Return the run at a path, or None if there is something else or nothing."""
    if isinstance(source, Run):
        return source
    return Run(source) if is_model_name(source) or (Path(source) / "recipe.json").is_file() else None


def open_samples_and_reference(
    source: str, against: str | None, split: str | None, request: EvaluationRequest
) -> tuple[DatasetSamples, Dataset]:
    """Open the real items to score and their reference; a folder is read at the size of the other side.

    Raises:
        UserError: ``against`` is missing, or one of the two cannot be read.
    """
    require_existing(source, request.trusted)
    if against is None:
        raise UserError(f"'{source}' is not a run, so --against must say what to compare it with")
    if is_folder(against) and not is_folder(source):
        items, decoding = open_dataset(source, None, trusted=request.trusted)
        reference = open_reference(against, items.info.shape, split, request)
    else:
        reference = open_reference(against, None, split, request)
        items, decoding = open_dataset(source, reference.info.shape, trusted=request.trusted)
    return match_classes(DatasetSamples(reference_subset(items), decoding), reference.info.classes), reference


def open_reference(
    against: str, shape: tuple[int, ...] | None, split: str | None, request: EvaluationRequest
) -> Dataset:
    """Open a reference by name; a run's is its samples. Raises UserError if there is no such reference or split."""
    run, protocol = find_run(against), request.protocol
    if run is None:
        split = protocol.split if protocol else split
        dataset = open_dataset(against, shape, split, strict=protocol is None, trusted=request.trusted)[0]
        return reference_subset(dataset)
    if protocol is not None:
        why = f"protocol '{protocol.name}' compares with real pictures"
        raise UserError(f"{against} is a run, and {why}; name a data set, a folder or an archive")
    if split is not None:
        raise UserError(f"{against} is a run, and it has no splits; name a data set, a folder or an archive")
    return generated_dataset(run, load(run, None, request.trusted), request.n or REFERENCE_SAMPLES)


def open_training_data(run: Run, split: str | None, request: EvaluationRequest) -> Dataset:
    """Open the data set that a run was trained on, or another split of it; a protocol decides the split.

    Raises:
        UserError: the data set has changed since, or has no such split.
    """
    protocol, spec = request.protocol, run.recipe(request.trusted).data
    split = protocol.split if protocol else split
    dataset: Dataset = spec()
    run.require_classes(dataset.info)
    if dataset.info.fingerprint != run.info.fingerprint:
        raise UserError(
            f"the data set {dataset.info.name} is not the one that {run.path} was trained on (its fingerprint "
            f"is {dataset.info.fingerprint}, not {run.info.fingerprint}); name it with --against"
        )
    if split is None or split == dataset.info.split:
        return reference_subset(dataset)
    if "split" not in parameters(spec.target):
        if protocol is not None:
            return reference_subset(dataset)
        raise UserError(
            f"the data set {dataset.info.name} has no split '{split}'; name another with --against"
        )
    other: Dataset = spec.replace(split=split)()
    return other


def find_held_out(
    held_out: str | None, run: Run | None, against: str | None, reference: Dataset, request: EvaluationRequest
) -> Callable[[], Dataset] | None:
    """Return a function that loads the held-out items, by default the reference's other split; None if it has none."""
    shape = reference.info.shape
    if held_out is not None:
        other = dataset_spec(held_out, shape, trusted=request.trusted)[0]
        return lambda: reference_subset(other())
    if against is not None:
        spec = None if find_run(against) else dataset_spec(against, shape, trusted=request.trusted)[0]
    else:
        spec = None if run is None else run.recipe(request.trusted).data
    if spec is None or "split" not in parameters(spec.target):
        return None
    return held_out_split(spec.replace(split=reference.info.split))


def open_dataset(
    text: str,
    shape: tuple[int, ...] | None,
    split: str | None = None,
    *,
    strict: bool = True,
    trusted: Collection[str] = (),
) -> tuple[Dataset, dict[str, Any]]:
    """Open a data set by name; also return how the user's own images are decoded. See :func:`dataset_spec`."""
    spec, decoding = dataset_spec(text, shape, split, strict=strict, trusted=trusted)
    return as_dataset(spec(), f"'{text}'"), decoding


def dataset_spec(
    text: str,
    shape: tuple[int, ...] | None,
    split: str | None = None,
    *,
    strict: bool = True,
    trusted: Collection[str] = (),
) -> tuple[Spec, dict[str, Any]]:
    """Return the Spec of a named data set, and how the user's own images will be decoded.

    Args:
        text: A data set's name, or the path of a folder or archive.
        shape: ``[C, H, W]`` to decode the user's own images at; None means the size of a folder's first image.
        split: The split, for sets that have several.
        strict: Whether a split that the set does not have is an error or ignored.
        trusted: Names of the user's own modules that may define the data set.

    Raises:
        UserError: there is no such set, or it has no such split.
    """
    require_existing(text, trusted)
    function, arguments = find_dataset(add_kind(text), trusted)
    names, decoding = parameters(function), dict[str, Any]()
    if shape is None and is_folder(text):
        shape = _first_shape(arguments["path"])
    if shape is not None and len(shape) == 3 and "path" in arguments:
        options = {"size": shape[1:], "grey": shape[0] == 1}
        decoding = {name: value for name, value in options.items() if name in names}
    if split is not None and "split" in names:
        arguments["split"] = split
    elif split is not None and strict:
        raise UserError(f"'{text}' has no splits to choose from, so leave '{split}' out")
    record = {name: list(v) if isinstance(v, tuple) else v for name, v in decoding.items()}
    return Spec(function, **{**decoding, **arguments}), record


def require_existing(text: str, trusted: Collection[str] = ()) -> None:
    """Raise UserError if a text is neither a path that exists nor a data set, as in ``ring8`` or ``folder:PATH``."""
    name, known, exists = text.partition(":")[0], datasets(trusted), Path(text).exists()
    if exists and text in known:
        warnings.warn(f"'{text}' is read from this folder, not from the data set of that name", stacklevel=3)
    if exists or name in known:
        return
    if "/" in text and ":" not in text:
        raise UserError(f"there is nothing at {text}; name a run, a folder, an archive or a data set")
    hint = did_you_mean_or_own(name, known)
    raise UserError(f"there is no run, folder, archive or data set '{text}'{hint}")


def add_kind(source: str) -> str:
    """Write a bare path as ``folder:``, ``shards:``, ``archive:`` or ``samples:PATH``; return other text unchanged."""
    path = Path(source)
    if path.is_dir() and has_index(path):
        return f"shards:{source}"
    if path.is_dir():
        return f"folder:{source}"
    if path.suffix != ".npz" or not path.is_file():
        return source
    return f"samples:{source}" if is_samples_file(path) else f"archive:{source}"


def is_folder(text: str) -> bool:
    """Whether the text names a folder of images, which can be decoded at any size."""
    return add_kind(text).startswith("folder:")


def _first_shape(path: str) -> tuple[int, ...]:
    listing = list_images(path)
    for file in listing.paths:
        try:
            width, height = decode_image(read_image_bytes(listing.root / file)).image.size
        except BrokenImageError:
            continue  # the folder's own reader reports it
        return 3, height, width
    raise UserError(f"{path} holds no picture that can be read")
