"""Pack a run as a model to publish: half precision, no training state, and a card; for the zoo and for the Hub."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

from ganbench.export.card import CARD, render_card
from ganbench.export.module import example_inputs
from ganbench.export.parity import reference_results
from ganbench.export.parts import choose_part, default_target
from ganbench.export.record import describe_source, make_record
from ganbench.inference.load import load
from ganbench.inference.model_folder import CONFIG
from ganbench.inference.pack_run import COMPARED, pack_run
from ganbench.runs.run import Run
from ganbench.utils.files import write_bytes, write_sealed_json

_EXAMPLES = 3  # inputs that run once, so that the record has the shapes of what goes in and out


def pack_model(
    run: Run,
    out: Path,
    address: str,
    *,
    summary: str = "",
    step: int | str | None = None,
    without: Collection[str] = (),
    trusted: Collection[str] = (),
) -> float:
    """Write a packed copy of a run to a new folder, with a record ``config.json`` and a card ``README.md``.

    Args:
        run: The run.
        out: The new folder.
        address: What loads the model once it is published, such as ``zoo:NAME``.
        summary: What the model draws, in one sentence, for the card.
        step: A step with a checkpoint, or ``"best"``; by default, the newest.
        without: Networks to leave out, such as D.
        trusted: Names of the user's own Python modules that the recipe may import.

    Returns:
        The largest difference between the samples of both; see :func:`~ganbench.inference.pack_run.pack_run`.

    Raises:
        UserError: As :func:`~ganbench.inference.pack_run.pack_run`, or the model has no part that a card can describe.
    """
    difference = pack_run(run, out, step, without=without, trusted=trusted)
    try:
        model = load(out, trusted=trusted)
        part = choose_part(model, None)
        target = default_target(model, part)
        inputs = example_inputs(model, part, _EXAMPLES)
        record = {
            **make_record(model, part, inputs, reference_results(model, part, inputs, target), target),
            **describe_source(run, model),
            "file_format": "packed",
            "address": address,
            "summary": summary,
            "packed": {"inputs": COMPARED, "difference": difference},
        }
        write_sealed_json(out / CONFIG, record)
        grid = next((path.relative_to(out).as_posix() for path in (out / "samples").glob("*.png")), "")
        write_bytes(out / CARD, render_card(record, picture=grid).encode())
    except BaseException:
        shutil.rmtree(out, ignore_errors=True)
        raise
    return difference
