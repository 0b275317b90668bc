"""Write tar shards with an index from a folder or a data set, and the index of tar files that exist, in processes."""

from __future__ import annotations

import multiprocessing
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from ganbench.data.classes import describe_empty_classes
from ganbench.data.io.broken_images import OnError, check_on_error, report_broken_images
from ganbench.data.io.listing import classes_from_folders, list_images, lost_classes
from ganbench.data.io.shard_index import JSON_NAME, IndexHeader, write_index
from ganbench.data.io.shard_jobs import FileImages, ShardResult, WriteJob, scan_one, write_one
from ganbench.data.io.sizes import Size, height_width
from ganbench.errors import UserError
from ganbench.utils.files import check_writable, new_folder
from ganbench.utils.progress import DurationEstimator

_T = TypeVar("_T")


def prepare_shards(
    source: str | Path,
    destination: str | Path,
    size: Size | None = None,
    *,
    split: str | None = None,
    grey: bool = False,
    items_per_shard: int = 10_000,
    jobs: int = 1,
    on_error: OnError = "refuse",
    trusted: Collection[str] = (),
) -> IndexHeader:
    """Write the images of a folder or a data set as tar shards of PNGs with an index.

    Args:
        source: a folder of images, or a data set by name, such as ``mnist`` or ``archive:PATH``.
        destination: the folder to write; it appears when it is whole.
        size: one number or (height, width), for a folder (default 64); a data set has its own.
        split: the split of a data set that has several.
        grey: whether to convert the images of a folder to grey.
        items_per_shard: the largest number of images in a file.
        jobs: the number of processes. The result does not depend on it. With several, a script of your own must start
            its work under ``if __name__ == "__main__"``.
        on_error: "refuse" or "skip" broken images.
        trusted: names of the user's own modules that may define the data set.

    Raises:
        UserError: the destination exists or cannot be written, the source or an argument is invalid, or images are
            broken and ``on_error`` is "refuse".
    """
    destination = Path(destination)
    if destination.exists():
        raise UserError(f"{destination} exists already: remove it or choose another name")
    check_writable(destination)
    check_on_error(on_error)
    if items_per_shard < 1:
        raise UserError(f"a shard must hold at least 1 image, not {items_per_shard}")
    root = Path(source)
    if root.is_dir():
        if split is not None:
            raise UserError(f"{source} is a folder, and it has no splits")
        shape = height_width(64 if size is None else size)
        work = _folder_jobs(root, shape, grey, items_per_shard, on_error)
    else:
        if size is not None or grey:
            raise UserError(
                f"'{source}' is no folder; only the images of a folder can be resized or made grey here"
            )
        work = _dataset_jobs(str(source), split, items_per_shard, trusted)
    total, classes, make_jobs = work
    with new_folder(destination) as folder:
        results = _run(write_one, make_jobs(folder), jobs, total, f"packing the images of {source}")
        broken = [entry for result in results for entry in result.broken]
        report_broken_images(root, broken, total, on_error)
        return _finish(folder, results, destination.name, classes)


def index_shards(folder: str | Path, *, jobs: int = 1, on_error: OnError = "refuse") -> IndexHeader:
    """Write the index of the tar files in a folder, after reading and decoding every image; nothing else is changed.

    Classes are the numbers or names in the members ``cls`` or ``json`` of the items.

    Raises:
        UserError: there is an index or no tar file, a file cannot be used, only some items have a class, or images
            are broken and ``on_error`` is "refuse".
    """
    folder = Path(folder)
    check_on_error(on_error)
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}; the shards to index must be on this machine")
    if (folder / JSON_NAME).exists():
        raise UserError(f"{folder / JSON_NAME} exists already: remove it to write the index again")
    names = sorted(str(path.relative_to(folder).as_posix()) for path in folder.rglob("*.tar"))
    if not names:
        raise UserError(f"there is no file ending in .tar in {folder}")
    check_writable(folder / JSON_NAME)
    work = ((folder, name) for name in names)
    results = _run(scan_one, work, jobs, None, f"reading {len(names):,} shards in {folder}")
    broken = [entry for result in results for entry in result.broken]
    readable = sum(len(result.records) for result in results)
    report_broken_images(folder, broken, readable + len(broken), on_error)
    if not readable:
        raise UserError(f"the tar files in {folder} hold no images")
    return _finish(folder, results, folder.resolve().name, _number_classes(folder, results))


_Work = tuple[int, tuple[str, ...], Callable[[Path], Iterator[WriteJob]]]


def _folder_jobs(root: Path, size: tuple[int, int], grey: bool, per_shard: int, on_error: OnError) -> _Work:
    files = list_images(root, on_error)
    labels, classes = classes_from_folders(files.paths)
    for sentence in lost_classes(files, classes):
        warnings.warn(sentence, stacklevel=3)

    def jobs(folder: Path) -> Iterator[WriteJob]:
        for number, start in enumerate(range(0, len(files.paths), per_shard)):
            part = slice(start, start + per_shard)
            images = FileImages(files.root, files.paths[part], size, grey)
            yield WriteJob(folder / _name(number), start, images, None if labels is None else labels[part])

    return len(files.paths), classes, jobs


def _dataset_jobs(text: str, split: str | None, per_shard: int, trusted: Collection[str]) -> _Work:
    import torch

    from ganbench.config.spec import parameters
    from ganbench.data.registry import find_dataset

    function, arguments = find_dataset(text, trusted)
    if split is not None:
        if "split" not in parameters(function):
            raise UserError(f"'{text}' has no splits to choose from, so leave '{split}' out")
        arguments["split"] = split
    dataset = function(**arguments)
    info = dataset.info
    if info.kind != "image":
        raise UserError(f"shards hold images, and {info.name} is {info.kind}")

    def jobs(folder: Path) -> Iterator[WriteJob]:
        for number, index in enumerate(torch.split(torch.arange(info.size), per_shard)):
            labels = dataset.labels(index)
            pixels = dataset.items(index).numpy()
            first = number * per_shard
            yield WriteJob(folder / _name(number), first, pixels, None if labels is None else labels.tolist())

    return info.size, info.classes, jobs


def _name(number: int) -> str:
    return f"shard-{number:06d}.tar"


def _run(
    work: Callable[[_T], ShardResult], jobs: Iterator[_T], count: int, total: int | None, what: str
) -> list[ShardResult]:
    """Do the jobs in processes, and return their results in order; only a few jobs are in memory at a time."""
    progress = DurationEstimator(what)
    if count < 1:
        raise UserError(f"there must be at least 1 process, not {count}")
    results: dict[int, ShardResult] = {}
    if count == 1:
        for number, job in enumerate(jobs):
            results[number] = work(job)
            _report(progress, results, total)
        return list(results.values())
    numbered = enumerate(jobs)
    # Processes start fresh: a copy of one whose threads hold locks could hang.
    with ProcessPoolExecutor(count, multiprocessing.get_context("spawn")) as pool:
        running: dict[Future[ShardResult], int] = {}
        try:
            while True:
                for number, job in islice(numbered, 2 * count - len(running)):
                    running[pool.submit(work, job)] = number
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    results[running.pop(future)] = future.result()
                _report(progress, results, total)
        except BrokenProcessPool as error:
            raise UserError(
                f"{what} has failed: a process was ended from outside, perhaps for want of memory; try fewer jobs"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)
    return [results[number] for number in sorted(results)]


def _report(progress: DurationEstimator, results: dict[int, ShardResult], total: int | None) -> None:
    if total is not None:
        progress(sum(len(result.records) + len(result.broken) for result in results.values()), total)


def _number_classes(folder: Path, results: Sequence[ShardResult]) -> tuple[str, ...]:
    """Replace the labels of the results by class numbers, and return the class names."""
    labels = {label for result in results for label in result.labels}
    if labels == {None}:
        return ()
    if None in labels or len({type(label) for label in labels}) > 1:
        raise UserError(
            f"only some items in {folder} have a class, or some have a number and others a name; give each item one "
            "of the same kind, or none"
        )
    ordered = sorted(labels, key=lambda label: (isinstance(label, str), label))
    numbers = {label: number for number, label in enumerate(ordered)}
    for result in results:
        result.labels[:] = [numbers[label] for label in result.labels]
    return tuple(map(str, ordered))


def _finish(folder: Path, results: Sequence[ShardResult], name: str, classes: tuple[str, ...]) -> IndexHeader:
    """Number the shards, and write the index."""
    filled = [result for result in results if len(result.records)]
    for number, result in enumerate(filled):
        result.records["shard"] = number
        if classes:
            result.records["label"] = result.labels
    sizes = set().union(*(result.sizes for result in filled))
    header = write_index(
        folder,
        np.concatenate([result.records for result in filled]),
        name=name,
        size=next(iter(sizes)) if len(sizes) == 1 else None,
        channels=1 if all(result.grey for result in filled) else 3,
        classes=classes,
        shards=[(result.name, result.size, len(result.records)) for result in filled],
    )
    empty = [title for title, count in zip(classes, header.class_counts, strict=True) if not count]
    if empty:
        warnings.warn(f"in {name}, {describe_empty_classes(empty, classes)}", stacklevel=3)
    return header
