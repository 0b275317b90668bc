"""Write docs/works: a page for each of the five works whose experiments the recipes repeat.

    python results/works.py [--check]

The facts are in ``results/works/rows.json``, what differs here in ``results/works/rows_differences.json``, and the
scores are those of the records that count (see ``records.py``).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from blind_naming import ANSWERS, describe
from records import Evidence, changed_settings, describe_scores, find_evidence, present_recipe

from ganbench.recipes.registry import find_recipe

HERE = Path(__file__).parent
PAGES = HERE.parent / "docs" / "works"
TABLES = HERE / "works"
PICTURES = TABLES / "pictures"
Row = dict[str, Any]
TO_ROOT = "../../"
#: The pictures that a run may have drawn, by file stem, with their captions by recipe.
RUN_PICTURES = {
    "grids/{}.png": "samples of {}",
    "critic/{}-first.png": "densities of real and generated numbers and D's output, after the first epoch",
    "critic/{}-last.png": "the same at the end",
    "sweeps/{}.png": "each row changes one code from its first value to its last",
}
NOT_COMPARABLE = """**Do not compare the two columns of scores.** The published numbers follow the protocol of the
work, on the data and at the length of the work. The numbers here are those of the `laptop` budget: narrower networks
and minutes of one core instead of hours of a GPU, and for CIFAR-10 a lossy copy (`cifar10-jpeg`). `fd` is the Fréchet
distance in the features of EfficientNet-Lite0 at 96 pixels, which is no FID."""


def main() -> None:
    """Write the pages; with ``--check``, write nothing and exit with code 1 if a page is out of date."""
    facts = read_facts()
    pages = {f"{key}.md": work_page(key, facts) for key in facts["works"]}
    PAGES.mkdir(exist_ok=True)
    for name, text in pages.items():
        page = PAGES / name
        if "--check" not in sys.argv:
            page.write_text(text)
        elif not page.is_file() or page.read_text() != text:
            sys.exit(f"docs/works/{name} is out of date; run results/works.py")
    sys.exit(0)


def read_facts() -> dict[str, Any]:
    """Return the works, the protocols and the rows, each row with the list of what differs here."""
    facts: dict[str, Any] = json.loads((TABLES / "rows.json").read_text())
    differences = json.loads((TABLES / "rows_differences.json").read_text())
    for row in facts["rows"]:
        row["differences"] = differences.get(str(row["row"]), [])
    return facts


def works_table() -> str:
    """Return a row for each work, for the index."""
    facts = read_facts()
    lines = ["| work | authors | licence | stack | rows |", "|---|---|---|---|--:|"]
    for key, work in facts["works"].items():
        rows = [row["row"] for row in facts["rows"] if row["work"] == key]
        page = f"[{work['name']}]({key}.md)"
        cells = [page, work["authors"], work["licence"], work["stack"], f"{min(rows)} to {max(rows)}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def work_page(key: str, facts: dict[str, Any]) -> str:
    """Return the page of a work: who, the overview, the groups of rows, and the caveats of its numbers."""
    work = facts["works"][key]
    rows = [row for row in facts["rows"] if row["work"] == key]
    lines = [
        f"# {work['name']} by {work['account']}",
        "",
        work["about"],
        "",
        f"- Authors: {work['authors']}",
        f"- Repository: <{work['link']}>",
        f"- Licence: {work['licence']}",
        f"- Stack: {work['stack']}",
        *(f"- Shown there: {shown[0].lower()}{shown[1:]}" for shown in work["shows"]),
        "",
        NOT_COMPARABLE,
        "",
        "| row | recipe | published there | measured here, in other ways |",
        "|--:|---|---|---|",
    ]
    for row in rows:
        cells = [str(row["row"]), f"`{row['recipe']}`", row["published"], _short_scores(evidence_of(row))]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "About the published numbers:", "", *(f"- {caveat}" for caveat in work["caveats"])]
    for group in dict.fromkeys(row["group"] for row in rows):
        members = [row for row in rows if row["group"] == group]
        lines += ["", f"## {group}", ""]
        lines += [f"How it was measured there: {_protocol(members, facts)}"]
        for row in members:
            lines += ["", *row_section(row)]
    return "\n".join([*lines, ""])


def _protocol(rows: list[Row], facts: dict[str, Any]) -> str:
    """Return the protocol that the rows of a group share."""
    (name,) = {row["protocol"] for row in rows}
    text: str = facts["protocols"][name]
    return text[0].lower() + text[1:] if text.startswith("No ") else text


def row_section(row: Row) -> list[str]:
    """Return the section of a row: published numbers, differences, scores, picture and command."""
    evidence = evidence_of(row)
    lines = [f"### Row {row['row']}: {row['title']}", ""]
    lines.append(f"- Recipe: {_recipes(row)}")
    lines.append(f"- Published: {row['published']}." + (f" {row['claim']}" if "claim" in row else ""))
    if row["differences"]:
        lines += ["- Differs at the `reference` budget:", *(f"  - {text}" for text in row["differences"])]
    else:
        lines.append("- At the `reference` budget, the settings are those of the work.")
    lines.append(f"- The `laptop` budget has {laptop_changes(row)}.")
    lines.append(f"- Scores here: {_long_scores(evidence)}")
    if answer := read_answers().get(row["recipe"]):
        lines.append(f"- {describe(answer)}")
    for picture, caption in pictures_of(row, evidence):
        lines += ["", f"![{caption}]({TO_ROOT}{picture.relative_to(HERE.parent)})"]
        if picture.parent != HERE / "grids":
            lines += ["", f"{caption[0].upper()}{caption[1:]}."]
    return [*lines, "", "```", *commands_of(row), "```"]


def read_answers() -> dict[str, Any]:
    """Return the classes that were named by eye, by recipe."""
    answers: dict[str, Any] = json.loads(ANSWERS.read_text())
    return answers


def _recipes(row: Row) -> str:
    names = [row["recipe"], *row.get("also", [])]
    return f"`{names[0]}`" + (
        f"; see also {', '.join(f'`{name}`' for name in names[1:])}" if names[1:] else ""
    )


def commands_of(row: Row) -> list[str]:
    """Return the commands of a row: training, then the pictures."""
    train = " ".join(["ganbench train", row["recipe"], "--budget laptop", *row.get("overrides", [])])
    run = f"runs/{row['recipe']}-seed0"
    drawn = dict.fromkeys(
        command.replace("RUN", run).replace("FILE", picture["file"])
        for picture in row.get("pictures", [])
        if (PICTURES / picture["file"]).is_file()
        for command in picture.get("commands", [])
    )
    return [train, *drawn]


def laptop_changes(row: Row) -> str:
    """Return the settings of the laptop budget that differ from the reference budget, as text."""
    changes = changed_settings(find_recipe(row["recipe"], "reference"), present_recipe(row["recipe"]))
    grouped: dict[str, list[str]] = {}
    for key, (reference, laptop) in changes.items():
        grouped.setdefault(f"{_value(laptop)} ({_value(reference)})", []).append(f"`{key}`")
    texts = [f"{', '.join(keys)} {values}" for values, keys in grouped.items()]
    return "; ".join(texts) if texts else "the same settings"


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value.rpartition(":")[2]
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "on", False: "off"}[value]
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if value < 1000 else f"{value:,.0f}"


def pictures_of(row: Row, evidence: Evidence) -> Iterable[tuple[Path, str]]:
    """Yield the pictures of a row with their captions: those that the run of the lowest seed drew, then its own."""
    if evidence.records:
        stem = _stem(row, evidence)
        for name, caption in RUN_PICTURES.items():
            if (path := HERE / name.format(stem)).is_file():
                yield path, caption.format(row["recipe"])
    for picture in row.get("pictures", []):
        if (PICTURES / picture["file"]).is_file():
            yield PICTURES / picture["file"], picture["caption"]


def _stem(row: Row, evidence: Evidence) -> str:
    """Return the file stem of the run with the lowest seed."""
    first = evidence.records[0]
    return str(first.get("stem", f"{row['recipe']}-laptop-seed{first['seed']}"))


def evidence_of(row: Row) -> Evidence:
    """Return the records of a row."""
    return find_evidence(row["recipe"], row.get("overrides", ()), row.get("study", ""))


def _short_scores(evidence: Evidence) -> str:
    """Return the two main scores, for the overview."""
    scores = describe_scores(evidence.records, limit=2) or "not measured yet"
    return scores + (" (older settings)" if evidence.older else "")


def _long_scores(evidence: Evidence) -> str:
    """Return the scores with their source, and what makes them old."""
    if not evidence.records:
        return "not measured yet."
    text = f"{describe_scores(evidence.records)}."
    if evidence.study:
        text += f" From the study [`{evidence.study}`]({TO_ROOT}results/studies/{evidence.study}/study.json)."
    else:
        links = (f"[{r['seed']}]({TO_ROOT}results/runs/{r['stem']}.json)" for r in evidence.records)
        text += f" Records by seed: {', '.join(links)}."
    if evidence.older:
        text += f" These runs are older than the present recipe; they differ in {_list(evidence.older)}."
    return text


def _list(keys: Iterable[str]) -> str:
    return ", ".join(f"`{key}`" if "." in key else key for key in keys)


if __name__ == "__main__":
    main()
