"""The card of an exported or packed model, its ``README.md``, made from its record alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ganbench.export.licences import IDENTIFIERS, licence_of
from ganbench.export.usage import usage
from ganbench.report.bibtex import bibtex

CARD = "README.md"
_PARTS = {
    "generator": "a generator: latents in, {kind} out",
    "encoder": "an encoder: {kind} in, latents out",
    "translator": "a translator: {kind} of one domain in, {kind} of the other out",
}
_RESULTS = {"generator": "samples", "encoder": "features", "translator": "translations"}
#: The tasks that the Hugging Face Hub sorts models of images by; samples of classes and from images have none.
_TASKS = {
    "generator": "unconditional-image-generation",
    "encoder": "image-feature-extraction",
    "translator": "image-to-image",
}
_WEIGHTS = {"averaged": "moving averages (EMA) of the trained ones", "live": "as trained, without averaging"}


def render_card(record: Mapping[str, Any], *, picture: str) -> str:
    """Return the card as Markdown; ``picture`` is the path of a sample grid in the same folder, or empty."""
    recipe, data = record["recipe"], record["data"]
    blocks = [
        _front_matter(record),
        f"# {record.get('address', '').rpartition(':')[2] or recipe['name']}",
        _summary(record),
        f"![Samples]({picture})" if picture else "",
        "## Intended use",
        _intended_use(record),
        "## Data",
        _data(data, record["classes"]),
        "## Use",
        usage(record),
        "## Check",
        _check(record),
        "## Scores",
        _scores(record),
        "## Limits",
        _limits(record),
        "## Papers",
        _papers(recipe.get("papers") or []),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _front_matter(record: Mapping[str, Any]) -> str:
    part, data = record["part"], record["data"]
    lines = ["library_name: ganbench", "tags:", *(f"- {tag}" for tag in ("gan", part, data["kind"]))]
    if data["name"] in IDENTIFIERS:
        lines.append(f"license: {IDENTIFIERS[data['name']]}")
    if data["kind"] == "image" and not ("latent" in record and _input_names(record) & {"labels", "items"}):
        lines.append(f"pipeline_tag: {_TASKS[part]}")
    return "\n".join(["---", *lines, "---"])


def _summary(record: Mapping[str, Any]) -> str:
    recipe, trained, data = record["recipe"], record["trained"] or {}, record["data"]
    kind = _PARTS[record["part"]].format(kind="images" if data["kind"] == "image" else "points")
    target = f" (to domain {record['target']})" if "target" in record else ""
    seed = f", seed {trained['seed']}" if trained.get("seed") is not None else ""
    begun = f", begun {trained['created']}" if trained.get("created") else ""
    summary = _sentence(record.get("summary") or recipe.get("summary", ""))
    steps = f"{record['step']:,} steps of {trained.get('steps') or 0:,}"
    return (
        f"{summary} This is {kind}{target}, trained by the recipe `{recipe['name']}` of ganbench {record['ganbench']} "
        f"for {steps} (budget {trained.get('budget')}{seed}{begun}). Weights: {_WEIGHTS[record['weights']]}. "
        "`config.json` holds the complete recipe."
    )


def _intended_use(record: Mapping[str, Any]) -> str:
    images = record["data"]["kind"] == "image"
    fakes = " Its images must not be passed off as real ones." if images else ""
    return (
        "To compare GANs, to study what they learn, and to try out programs that use such models. It is not meant for "
        f"decisions about people, nor as a source of facts about the world.{fakes} The licence of the data may limit "
        "its use further."
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
    if "packed" in record:
        return _precision(record)
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


def _precision(record: Mapping[str, Any]) -> str:
    packed, from_items = record["packed"], "items" in _input_names(record)
    # Samples from real items are not compared, but features are, since the data may be missing.
    results = "features" if "latent" in record and from_items else _RESULTS[record["part"]]
    units = " of 255 in a pixel" if record["data"]["kind"] == "image" and results != "features" else ""
    inputs = "random items" if from_items else "latents"
    difference = f"differed by at most {packed['difference']:.2g}{units}"
    return (
        "Weights are stored in half precision where they fit, and loaded as float32. When this folder was written, "
        f"{results} for {packed['inputs']} {inputs} {difference} from those of the run's own weights. The checkpoint's "
        "`manifest.json` holds the SHA-256 of its files, which are compared whenever it is loaded."
    )


def _scores(record: Mapping[str, Any]) -> str:
    scores: Sequence[Mapping[str, Any]] | None = record["scores"]
    if not scores:
        command = f"ganbench evaluate {record.get('address', 'RUN')}"
        return "None for these weights." + (f" `{command}` measures some." if "latent" in record else "")
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
    how = "`config.json` says exactly how each was measured. Intervals are 95%."
    if record.get("packed", {}).get("difference"):
        how += " They were measured before the weights were rounded to half precision."
    return "\n".join([*lines, "", how])


def _input_names(record: Mapping[str, Any]) -> set[str]:
    return {str(entry["name"]) for entry in record["inputs"]}


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
    if left_out := record.get("without"):
        lines.append(
            f"Networks left out: {', '.join(left_out)}. What needs them, such as scores of D, is refused."
        )
    if "packed" in record:
        lines.append("It cannot be trained further: the state of the optimizers is not here.")
    if record.get("health"):
        lines.append(f"The training: {record['health']}.")
    return "\n".join(f"- {line}" for line in lines)


def _papers(papers: Sequence[Mapping[str, Any]]) -> str:
    if not papers:
        return "The recipe names none."
    return f"Please cite what the recipe follows:\n\n```bibtex\n{bibtex(papers)}\n```"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""
