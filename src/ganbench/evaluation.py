"""Score a run, a data set or own pictures against a data set, and write down how it was measured."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganbench.data.base import DataInfo, Dataset
from ganbench.data.held_out import held_out_of
from ganbench.data.registry import dataset_named
from ganbench.errors import UserError
from ganbench.metrics.base import Metric, Score
from ganbench.metrics.chunk import Labelled
from ganbench.metrics.measure import measure, require_kind, require_labels, require_samples
from ganbench.metrics.registry import DEFAULT_FOR_NUMBERS, default_metric, metrics_named
from ganbench.metrics.supplies import NeedsGenerator, NeedsHeldOut
from ganbench.model import Model, load
from ganbench.report.grid import png_of_grid
from ganbench.runs import Run, write_bytes, write_json
from ganbench.spec import Spec, parameters

_CHUNK = 250


def evaluate(
    source: str | Path | Run,
    *,
    against: str | None = None,
    metrics: Sequence[str] = (),
    features: str = "efficientnet-lite0",
    n: int | None = None,
    step: int | str | None = None,
    seed: int = 1,
    trusted: Collection[str] = (),
    held_out: str | None = None,
) -> list[Score]:
    """Score a run (or a folder, an archive or a data set of pictures) and return the scores.

    ``against`` is a data set's name or ``folder:PATH``; a run's default is the data it was trained on. ``held_out``,
    named alike, is what metrics take that need other real pictures; the default is the reference's other split.
    ``n`` is the number of samples (default: the metric's own). A run's scores, and the pictures that show what they
    mean, are also written to ``eval/``.

    Raises:
        UserError: there is nothing to score, or the metric cannot judge it.
    """
    run = _as_run(source)
    if run is None:
        return _evaluate_items(str(source), against, metrics, features, n, trusted, held_out)
    model = load(run, step, trusted)
    data = run.recipe(trusted).data if against is None else _dataset_like(against, model.info)
    reference: Dataset = data()
    if against is None and reference.info.fingerprint != run.info.fingerprint:
        raise UserError(
            f"the data set {reference.info.name} is not the one that {run.path} was trained on (its fingerprint "
            f"is {reference.info.fingerprint}, then it was {run.info.fingerprint}); name it with --against"
        )
    scores = score_model(
        model,
        reference,
        metrics=metrics,
        features=features,
        n=n,
        seed=seed,
        trusted=trusted,
        held_out=_held_out(data, held_out, reference),
    )
    for score in scores:
        run.eval.mkdir(exist_ok=True)
        label = f"{score.name} step-{model.step:08d} n{score.measured['samples']} seed{seed}"
        if against is not None:
            label += f" against {reference.info.name} {reference.info.fingerprint}"
        if held_out is not None:
            label += f" held out {held_out}"
        write_json(run.eval / f"{_file_name(label)}.json", score.to_dict())
        if score.gallery is not None:
            write_bytes(run.eval / f"{_file_name(label)}.png", png_of_grid(score.gallery))
    return scores


def _file_name(label: str) -> str:
    return "-".join("".join(c if c.isalnum() or c in "-@." else " " for c in label).split())


def check_gallery(out: Path) -> None:
    """Raise UserError if a gallery cannot be written there; ask before any work is done."""
    if out.suffix != ".png" or not out.parent.is_dir() or out.exists():
        raise UserError(f"--gallery must be a new FILE.png in a folder that exists, not {out}")


def write_gallery(out: Path, scores: Sequence[Score]) -> None:
    """Write the pictures that go with the first score that has some; it is a warning if none has."""
    found = next((score.gallery for score in scores if score.gallery is not None), None)
    if found is None:
        names = ", ".join(score.name for score in scores)
        warnings.warn(f"{out} is not written: no pictures go with {names}", stacklevel=2)
    else:
        write_bytes(out, png_of_grid(found))


def require_scorable(reference: Dataset, n: int | None = None, metrics: Sequence[str] = ()) -> None:
    """Raise UserError if no model could be scored on ``n`` samples against this data set; ask before training.

    What the metrics keep on disk (a reference's statistics, a classifier) is there afterwards.
    """
    for metric in _metrics(reference, metrics, "efficientnet-lite0"):
        require_kind(metric, reference.info)
        require_samples(metric, _count([metric], n))
        metric.begin(reference)


def score_model(
    model: Model,
    reference: Dataset,
    *,
    metrics: Sequence[str] = (),
    features: str = "efficientnet-lite0",
    n: int | None = None,
    seed: int = 1,
    trusted: Collection[str] = (),
    held_out: Callable[[], Dataset] | None = None,
) -> list[Score]:
    """Score a model's samples against a data set; the samples' seed and the model's step go into the record.

    ``held_out`` makes the real pictures that were held out, for metrics that need such.
    """
    origin = {"generator": {"step": model.step, "seed": seed}}
    chosen = _supplied(_metrics(reference, metrics, features, trusted), held_out)
    chosen = [m.with_generator(model, n, seed) if isinstance(m, NeedsGenerator) else m for m in chosen]
    count = _count(chosen, n)

    def samples() -> Iterator[Tensor]:
        for latents in torch.split(model.latents(count, seed), _CHUNK) if count else ():
            yield model.decode(latents)

    return _measured(chosen, samples, count, reference, origin, labelled=False)


def _evaluate_items(
    source: str,
    against: str | None,
    metrics: Sequence[str],
    features: str,
    n: int | None,
    trusted: Collection[str],
    held_out: str | None,
) -> list[Score]:
    """Score real items: a data set by name, a folder or an archive, taken in a fixed shuffled order."""
    if against is None:
        raise UserError(f"'{source}' is not a run, so --against must say what to compare it with")
    data = _dataset_like(against, None)
    reference: Dataset = data()
    items: Dataset = _dataset_like(source, reference.info)()
    chosen = _supplied(_metrics(reference, metrics, features, trusted), _held_out(data, held_out, reference))
    count = min(_count(chosen, n), items.info.size)
    order = torch.randperm(items.info.size, generator=torch.Generator().manual_seed(0))[:count]

    classes = items.info.classes if items.info.classes == reference.info.classes else ()

    def samples() -> Iterator[Tensor | Labelled]:
        for index in torch.split(order, _CHUNK):
            labels = items.labels(index) if classes else None
            yield items.items(index) if labels is None else Labelled(items.items(index), labels)

    origin = {"items": {"name": items.info.name, "fingerprint": items.info.fingerprint}}
    return _measured(chosen, samples, count, reference, origin, labelled=bool(classes))


def _count(metrics: Sequence[Metric], n: int | None) -> int:
    """Return how many samples are needed: ``n``, else as many as usual; none if no metric looks at samples."""
    if not any(getattr(metric, "uses_samples", True) for metric in metrics):
        return 0
    return n or max(metric.usual for metric in metrics)


def _measured(
    chosen: Sequence[Metric],
    samples: Any,
    count: int,
    reference: Dataset,
    origin: dict[str, Any],
    *,
    labelled: bool,
) -> list[Score]:
    for metric in chosen:
        require_samples(metric, count)
        if not labelled:
            require_labels(metric)
    scores = measure(chosen, samples(), reference)
    return [replace(score, measured={**score.measured, **origin}) for score in scores]


def _metrics(
    reference: Dataset, names: Sequence[str], features: str, trusted: Collection[str] = ()
) -> list[Metric]:
    if not names and reference.info.shape == (1,):
        names = DEFAULT_FOR_NUMBERS
    if not names:
        usual = default_metric(
            reference.info.kind, modes=hasattr(reference, "modes"), stacked=hasattr(reference, "stacked")
        )
        if usual is None:
            raise UserError(f"there is no metric yet for data such as {reference.info.name}")
        names = [usual]
    return metrics_named(names, features, trusted=trusted, shape=reference.info.shape)


def _held_out(data: Spec, named: str | None, reference: Dataset) -> Callable[[], Dataset] | None:
    """Return what makes the held-out items: those named, else the other split of the reference; None without."""
    return held_out_of(data) if named is None else _dataset_like(named, reference.info)


def _supplied(metrics: Sequence[Metric], held_out: Callable[[], Dataset] | None) -> list[Metric]:
    """Give held-out items to the metrics that need them; they are made at most once."""
    if held_out is None or not any(isinstance(metric, NeedsHeldOut) for metric in metrics):
        return list(metrics)
    items = held_out()
    return [m.with_held_out(items) if isinstance(m, NeedsHeldOut) else m for m in metrics]


def _as_run(source: str | Path | Run) -> Run | None:
    if isinstance(source, Run):
        return source
    return Run(source) if (Path(source) / "recipe.json").is_file() else None


def _with_kind(source: str) -> str:
    """Write a bare path as ``folder:PATH`` or ``archive:PATH``."""
    path = Path(source)
    if path.is_dir():
        return f"folder:{source}"
    return f"archive:{source}" if path.suffix == ".npz" and path.is_file() else source


def _dataset_like(text: str, info: DataInfo | None) -> Spec:
    """Return what makes a data set by name; own pictures take size and colours from ``info`` where they can."""
    function, arguments = dataset_named(_with_kind(text))
    if info is not None and info.kind == "image":
        channels, height, width = info.shape
        wanted = {"size": (height, width), "grey": channels == 1}
        arguments = {
            **{k: v for k, v in wanted.items() if "path" in arguments and k in parameters(function)},
            **arguments,
        }
    return Spec(function, **arguments)
