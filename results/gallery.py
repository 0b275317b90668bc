"""Write docs/gallery.md from the records and grids in ``results/``: samples, and the command that makes such a run.

python results/gallery.py [--check]
"""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

from tables import label_of, shown_score

from ganbench.auto.choose import NAME as AUTO
from ganbench.config.dotted_keys import paths, value_at
from ganbench.recipes.base import ALL_BUDGETS, Recipe
from ganbench.recipes.overrides import parse_overrides
from ganbench.recipes.registry import find_recipe

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "gallery.md"
#: The runs that are shown. Always the first seed, so that none is chosen by its luck.
SHOWN = (
    "sndcgan-projection-cifar10-an-hour-cifar10-jpeg-66m-seed0",
    "sndcgan-acgan-cifar10-cifar10-jpeg-laptop-seed0",
    "auto-photos-folder-photos-30m-seed0",
    "simsiam-gan-cifar10-uncond-cifar10-jpeg-laptop-seed0",
    "sngan-cifar10-cifar10-jpeg-laptop-seed0",
    "sngan-projection-cifar10-cifar10-jpeg-laptop-seed0",
    "reacgan-cifar10-cifar10-jpeg-laptop-seed0",
    "sndcgan-projection-mnist-laptop-seed0",
    "sndcgan-mnist-laptop-seed0",
    "sndcgan-fashion-mnist-laptop-seed0",
    "sndcgan-projection-fashion-mnist-laptop-seed0",
    "infogan-mnist-laptop-seed0",
    "dcgan-mnist-laptop-seed0",
    "cgan-dense-mnist-laptop-seed0",
    "cyclegan-mnist-mnist-to-reddish-mnist-laptop-seed0",
)
#: What of a recipe decides nothing.
_WORDS = ("name", "summary", "papers", "budget")
HEAD = """# Gallery

The samples that runs drew at their end, none picked out, each with the command that trains with the settings of its
record in `results/runs`. All are first seeds; other seeds and other recipes are in [results.md](results.md). The first
one was shortened on the way, [as told there](results.md#what-an-hour-of-two-cores-buys); its command makes such a run
in one go. `auto` chooses anew, by its rules and by what is in the folder (here Imagenette's photographs).
`results/gallery.py` writes this page.
"""


def main() -> None:
    """Write the page; with ``--check``, end with code 1 if it is not what would be written."""
    page = "\n".join([HEAD, *map(entry, SHOWN)])
    if "--check" not in sys.argv:
        PAGE.write_text(page)
    elif page != PAGE.read_text():
        sys.exit(f"{PAGE.name} is not what results/gallery.py writes; run it")
    sys.exit(0)


def entry(stem: str) -> str:
    """Return what the page says of a run: what it is, its samples, command, cost and scores."""
    if not (HERE / "grids" / f"{stem}.png").is_file():
        sys.exit(f"there is no picture of {stem} in results/grids")
    record = json.loads((HERE / "runs" / f"{stem}.json").read_text())
    machine = record["machine"]
    threads = f"{machine['threads']} thread{'s' * (machine['threads'] != 1)}"
    cost = (
        f"{record['steps']:,} steps of {record['batch']} in {record['seconds']:,.0f} s "
        f"({threads} of {machine['processor']}) on `{record['data']['name']}`"
    )
    scores = [f"{score['name']} {shown_score(score)}" for score in record["scores"]]
    return f"""## {label_of(record)}

{record["summary"][0].upper()}{record["summary"][1:]}.

![samples of {label_of(record)}](../results/grids/{stem}.png)

```
{command(record)}
```

- {cost}
- value ± 95 % interval (samples): {"; ".join(scores)}
"""


def command(record: dict[str, Any]) -> str:
    """Return the command that trains with a record's settings; end with code 1 if there is none.

    A run that was planned for a time is the laptop's with what was planned, for a plan differs from machine to machine.
    What ``auto`` chose is chosen anew.
    """
    if record["recipe"] == AUTO:
        asked = [
            f"data={record['data']['name']}",
            "--budget",
            record["budget"],
            "--seed",
            str(record["seed"]),
        ]
        return shlex.join(["ganbench", "train", AUTO, *asked])
    budget = record["budget"] if record["budget"] in ALL_BUDGETS else "laptop"
    ran, now = Recipe.from_dict(record["settings"]), find_recipe(record["recipe"], budget)
    changes = changed(ran, now)
    if settings_of(now.override(parse_overrides(changes))) != settings_of(ran):
        sys.exit(f"no overrides make the settings of {label_of(record)}'s record of its recipe as it is now")
    words = ["ganbench", "train", record["recipe"], "--budget", budget]
    return shlex.join([*words, "--seed", str(record["seed"]), *changes])


def changed(ran: Recipe, now: Recipe) -> list[str]:
    """Return the overrides that bring a recipe to what was run, as they are typed."""
    words = []
    if ran.data.target is not now.data.target:
        words.append(f"data={ran.data.target.dataset_name}")  # type: ignore[attr-defined]
        now = now.override(parse_overrides(words))
    for path in paths(ran):
        keys = tuple(path.split("."))
        value = value_at(ran, keys)
        if keys[0] not in _WORDS and value != value_at(now, keys):
            words.append(f"{path}={value if isinstance(value, str) else json.dumps(value)}")
    return words


def settings_of(recipe: Recipe) -> dict[str, Any]:
    """Return what of a recipe decides a run: all but its words."""
    return {k: v for k, v in recipe.to_dict().items() if k not in _WORDS}


if __name__ == "__main__":
    main()
