"""Score a run, a data set or own pictures against a data set, and write down how it was measured."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganbench.code_scores import code_scores
from ganbench.data.base import DataInfo, Dataset
from ganbench.data.registry import dataset_named
from ganbench.errors import UserError
from ganbench.metrics.base import Metric, Score
from ganbench.metrics.chunk import Labelled
from ganbench.metrics.measure import measure, require_kind, require_labels, require_samples
from ganbench.metrics.registry import DEFAULT_FOR_NUMBERS, default_metric, metrics_named
from ganbench.model import Model, load
from ganbench.runs import Run, write_json
from ganbench.spec import Spec, parameters

_CHUNK = 250
OF_CODES = "codes"  # a score of what a model reads from real items, not of its samples


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
) -> list[Score]:
    """Score a run (or a folder, an archive or a data set of pictures) and return the scores.

    ``against`` is a data set's name or ``folder:PATH``; a run's default is the data it was trained on.
    ``n`` is the number of samples (default: the metric's own); the metric ``codes`` reads the data's test split, or all
    of ``against``. A run's scores are also written to ``eval/``.

    Raises:
        UserError: there is nothing to score, or the metric cannot judge it.
    """
    run = _as_run(source)
    if run is None:
        return _evaluate_items(str(source), against, metrics, features, n, trusted)
    model = load(run, step, trusted)
    recipe = run.recipe(trusted)
    reference: Dataset = recipe.data() if against is None else _dataset_like(against, model.info)
    if against is None:
        run.require_classes(reference.info)
    if against is None and reference.info.fingerprint != run.info.fingerprint:
        raise UserError(
            f"the data set {reference.info.name} is not the one that {run.path} was trained on (its fingerprint "
            f"is {reference.info.fingerprint}, then it was {run.info.fingerprint}); name it with --against"
        )
    others = [name for name in metrics if name != OF_CODES]
    scores = (
        code_scores(model, _test_split(reference, recipe.data, against)) if others != list(metrics) else []
    )
    if others or not metrics:
        scores += score_model(
            model, reference, metrics=others, features=features, n=n, seed=seed, trusted=trusted
        )
    for score in scores:
        run.eval.mkdir(exist_ok=True)
        label = f"{score.name} step-{model.step:08d} n{score.measured['samples']} seed{seed}"
        if against is not None:
            label += f" against {reference.info.name} {reference.info.fingerprint}"
        write_json(run.eval / f"{_file_name(label)}.json", score.to_dict())
    return scores


def _test_split(reference: Dataset, data: Spec, against: str | None) -> Dataset:
    """Return the items whose codes are read: the test split of the run's data where there is one, or what was named."""
    if against is not None or "split" not in parameters(data.target):
        return reference
    made: Dataset = data.replace(split="test")()
    return made


def _file_name(label: str) -> str:
    return "-".join("".join(c if c.isalnum() or c in "-@." else " " for c in label).split())


def require_scorable(reference: Dataset, n: int | None = None, metrics: Sequence[str] = ()) -> None:
    """Raise UserError if no model could be scored on ``n`` samples against this data set; ask before training.

    What the metrics keep on disk (a reference's statistics, a classifier) is there afterwards.
    """
    for metric in _metrics(reference, metrics, "efficientnet-lite0"):
        require_kind(metric, reference.info)
        require_samples(metric, n or metric.usual)
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
) -> list[Score]:
    """Score a model's samples against a data set; the samples' seed and the model's step go into the record.

    A model of classes makes each of them in turn, and its samples have labels where the data set has the same classes.
    """
    origin: dict[str, Any] = {"generator": {"step": model.step, "seed": seed}}
    chosen = _metrics(reference, metrics, features, trusted)
    count = n or max(metric.usual for metric in chosen)

    labels = model.labels(count)
    labelled = labels is not None and model.classes == reference.info.classes
    if labels is not None:
        origin["generator"]["labels"] = "each class in turn"

    def samples() -> Iterator[Tensor | Labelled]:
        for index in torch.split(torch.arange(count), _CHUNK):
            own = None if labels is None else labels[index]
            made = model.decode(latents[index], own)
            yield Labelled(made, own) if labelled and own is not None else made

    latents = model.latents(count, seed)
    return _measured(chosen, samples, count, reference, origin, labelled=labelled)


def _evaluate_items(
    source: str,
    against: str | None,
    metrics: Sequence[str],
    features: str,
    n: int | None,
    trusted: Collection[str],
) -> list[Score]:
    """Score real items: a data set by name, a folder or an archive, taken in a fixed shuffled order."""
    if against is None:
        raise UserError(f"'{source}' is not a run, so --against must say what to compare it with")
    reference = _dataset_like(against, None)
    items = _dataset_like(_with_kind(source), reference.info)
    chosen = _metrics(reference, metrics, features, trusted)
    count = min(n or max(metric.usual for metric in chosen), items.info.size)
    order = torch.randperm(items.info.size, generator=torch.Generator().manual_seed(0))[:count]

    classes = items.info.classes if items.info.classes == reference.info.classes else ()

    def samples() -> Iterator[Tensor | Labelled]:
        for index in torch.split(order, _CHUNK):
            labels = items.labels(index) if classes else None
            yield items.items(index) if labels is None else Labelled(items.items(index), labels)

    origin = {"items": {"name": items.info.name, "fingerprint": items.info.fingerprint}}
    return _measured(chosen, samples, count, reference, origin, labelled=bool(classes))


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
    return [Score.from_dict({**s.to_dict(), "measured": {**s.measured, **origin}}) for s in scores]


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


def _dataset_like(text: str, info: DataInfo | None) -> Dataset:
    """Make a data set by name; own pictures take size and colours from ``info`` where they can."""
    function, arguments = dataset_named(_with_kind(text))
    if info is not None and info.kind == "image":
        channels, height, width = info.shape
        wanted = {"size": (height, width), "grey": channels == 1}
        arguments = {
            **{k: v for k, v in wanted.items() if "path" in arguments and k in parameters(function)},
            **arguments,
        }
    made: Dataset = Spec(function, **arguments)()
    return made
