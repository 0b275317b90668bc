"""The card of an exported model, its ``README.md``, made from its record alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ganbench.export.licences import licence_of
from ganbench.export.usage import usage
from ganbench.report.bibtex import bibtex

_PARTS = {
    "generator": "a generator: latents in, {kind} out",
    "encoder": "an encoder: {kind} in, latents out",
    "translator": "a translator: {kind} of one domain in, {kind} of the other out",
}
_WEIGHTS = {"averaged": "moving averages (EMA) of the trained ones", "live": "as trained, without averaging"}


def render_card(record: Mapping[str, Any], *, picture: bool) -> str:
    """Return the card as Markdown; ``picture`` says whether ``samples.png`` is beside it."""
    recipe, data = record["recipe"], record["data"]
    blocks = [
        _front_matter(record),
        f"# {recipe['name']}",
        _summary(record),
        "![Samples for the first latents of the check file](samples.png)" if picture else "",
        "## Data",
        _data(data, record["classes"]),
        "## Use",
        usage(record),
        "## Check",
        _check(record),
        "## Scores",
        _scores(record["scores"], has_samples="latent" in record),
        "## Limits",
        _limits(record),
        "## Papers",
        _papers(recipe.get("papers") or []),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _front_matter(record: Mapping[str, Any]) -> str:
    tags = ["gan", record["part"], record["data"]["kind"]]
    lines = ["library_name: ganbench", "tags:", *(f"- {tag}" for tag in tags)]
    return "\n".join(["---", *lines, "---"])


def _summary(record: Mapping[str, Any]) -> str:
    recipe, trained, data = record["recipe"], record["trained"] or {}, record["data"]
    kind = _PARTS[record["part"]].format(kind="images" if data["kind"] == "image" else "points")
    target = f" (to domain {record['target']})" if "target" in record else ""
    seed = f", seed {trained['seed']}" if trained.get("seed") is not None else ""
    begun = f", begun {trained['created']}" if trained.get("created") else ""
    return (
        f"{_sentence(recipe.get('summary', ''))} This is {kind}{target}, trained with ganbench "
        f"{record['ganbench']} for {record['step']:,} steps of {trained.get('steps') or 0:,} (budget "
        f"{trained.get('budget')}{seed}{begun}). Weights: {_WEIGHTS[record['weights']]}. `config.json` holds the "
        "complete recipe."
    )


def _data(data: Mapping[str, Any], classes: Sequence[str]) -> str:
    shape = "x".join(map(str, data["shape"]))
    text = (
        f"`{data['name']}`, {data['split']} split: {data['size']:,} {data['kind']}{'s' * (data['kind'] == 'image')} of "
        f"shape {shape}, fingerprint `{data['fingerprint']}`. Licence: {licence_of(data['name'])}."
    )
    if classes:
        text += f" Classes: {', '.join(classes[:50])}{', ...' * (len(classes) > 50)}."
    return text


def _check(record: Mapping[str, Any]) -> str:
    parity = record["parity"]
    pixels = (
        ""
        if parity["pixels"] is None
        else f", and by {parity['pixels']} of 255 in a pixel ({parity['pixels_changed']:.2g} of all pixels differ)"
    )
    what = {
        "generator": "what `ganbench sample` computes from the same latents",
        "encoder": "what ganbench computes from the same items, which are random numbers,",
        "translator": "what `ganbench translate` computes from the same items, which are random numbers,",
    }[record["part"]]
    of = (
        f"of at most {parity['largest']:.3g}"
        if parity["largest"] > 1 or parity["pixels"] is None
        else "in [-1, 1]"
    )
    values = f"float32 values {of} differ by at most {parity['values']:.1e}{pixels}"
    return (
        f"When this folder was written, the file was read back and compared with {what} for {parity['inputs']} "
        f"inputs, in one batch and in batches of 1 and 7: {values}. "
        "`check.npz` holds a few inputs and their results, so that you can repeat this in your own program."
    )


def _scores(scores: Sequence[Mapping[str, Any]] | None, *, has_samples: bool) -> str:
    if not scores:
        return "None for these weights." + (" `ganbench evaluate RUN` measures some." if has_samples else "")
    lines = ["| score | value | better | samples | reference | how |", "|---|--:|---|--:|---|---|"]
    for score in scores:
        measured = score.get("measured") or {}
        reference, features = measured.get("reference") or {}, measured.get("features") or {}
        spread = _interval((score.get("details") or {}).get("interval_95"))
        cells = [
            f"`{score['name']}`",
            f"{score['value']:.4g}{spread}",
            score.get("better") or "",
            f"{measured.get('samples', '')}",
            " ".join(str(reference[key]) for key in ("name", "split") if reference.get(key)),
            f"features {features['name']}" if features.get("name") else "",
        ]
        lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join([*lines, "", "`config.json` says exactly how each was measured. Intervals are 95%."])


def _interval(value: object) -> str:
    if isinstance(value, list) and len(value) == 2 and all(isinstance(v, int | float) for v in value):
        return f" ({value[0]:.4g} to {value[1]:.4g})"
    return ""


def _limits(record: Mapping[str, Any]) -> str:
    trained = record["trained"] or {}
    lines = [
        "Results resemble the training data, with their biases, and have their size; nothing else was learned.",
        "Whether samples copy training data is known only if there is a score `memorization` above.",
    ]
    if record["step"] < (trained.get("steps") or 0):
        lines.append(f"Training is not finished: step {record['step']:,} of {trained['steps']:,}.")
    if record.get("health"):
        lines.append(f"The training: {record['health']}.")
    return "\n".join(f"- {line}" for line in lines)


def _papers(papers: Sequence[Mapping[str, Any]]) -> str:
    if not papers:
        return "The recipe names none."
    return f"Please cite what the recipe follows:\n\n```bibtex\n{bibtex(papers)}\n```"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
