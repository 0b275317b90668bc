"""The playground: any checkpoint of any run draws what is asked for, and looks at a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import streamlit as st
from torch import Tensor

from ganbench.dashboard.index import Index, Signature, signature_of
from ganbench.dashboard.playground import (
    Made,
    answers,
    directions_of,
    draw,
    judged,
    judges,
    opened,
    real_points,
    representations_of,
)
from ganbench.dashboard.run_cache import RunCache
from ganbench.dashboard.sample_request import MOST, MOST_SEED, SampleRequest, codes_of
from ganbench.dashboard.server import MOST_MEGABYTES
from ganbench.dashboard.upload import EXTENSIONS, read_upload
from ganbench.dashboard.views.elements import choice, refusals
from ganbench.inference.model import Model
from ganbench.latents.truncation import normal_numbers
from ganbench.runs.run import Run
from ganbench.visualization.image_grid import image_grid, png

_SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "learned": "of the generator that learnt beside",
        "normal": "random, every direction alike",
        "uniform": "random, of uniform numbers",
    }
)


def show(index: Index, _: RunCache) -> None:
    """Show the playground over the run that is chosen."""
    labels = {entry.id: entry.label for entry in index.runs() if entry.status != "broken"}
    run = choice("Run", labels, "run")
    if run is None:
        return
    with refusals():
        folder = index.folder(run)
        whole = Run(folder).whole_checkpoints()
        steps = [int(path.name.removeprefix("step-")) for path in whole]
        if not steps:
            st.info("This run has no whole checkpoint yet.")
            return
        step = st.selectbox("Checkpoint of step", steps)
        saved = folder / "checkpoints" / f"step-{step:08d}" / "manifest.json"
        model, real = _model(str(folder), step, signature_of([folder / "recipe.json", saved]))
        left, right = st.columns([1, 2])
        with left:
            wish = _asked(model)
        with right, refusals():
            _drawn(model, draw(model, wish), real)
        if model.info.kind == "image":
            _picture(model)


@st.cache_resource(max_entries=3, show_spinner="Loading the model")
def _model(folder: str, step: int, _: Signature) -> tuple[Model, Tensor | None]:
    """Return a model, and points of its data where the recipe draws them itself."""
    run = Run(Path(folder))
    return opened(run, step), real_points(run.recipe())


def _asked(model: Model) -> SampleRequest:
    """Draw a control for everything that this model has, and return what is set."""
    image = model.info.kind == "image"
    ways = st.toggle("A way from one seed to another")
    seed = st.number_input("Seed", 0, MOST_SEED, 0)
    to_seed = st.number_input("To seed", 0, MOST_SEED, 1) if ways else None
    most = MOST[model.info.kind] // (10 if ways else 1)
    n = st.slider("LatentTraversals" if ways else "Samples", 1, most, min(most, 32 if image else 1000))
    label = None
    if model.classes:
        numbers: list[int | None] = [None, *range(len(model.classes))]
        label = st.selectbox("Class", numbers, format_func=lambda k: _class_name(model, k))
    truncation = None
    if normal_numbers(model.latent):
        asked = st.slider("Truncation of the noise (3: none)", 0.1, 3.0, 3.0, 0.1)
        truncation = asked if asked < 3 else None
    categorical, continuous = _codes(model)
    sources = representations_of(model)
    source = st.selectbox("Representations", sources, format_func=_SOURCES.__getitem__) if sources else None
    return SampleRequest(
        n=n,
        seed=seed,
        to_seed=to_seed,
        label=label,
        truncation=truncation,
        categorical=categorical,
        continuous=continuous,
        directions=_directions(model),
        representations=source,
    )


def _class_name(model: Model, number: int | None) -> str:
    return "each in turn" if number is None else model.classes[number]


def _codes(model: Model) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, float], ...]]:
    """Draw a control for each code; those left alone are as the seed draws them."""
    codes = codes_of(model)
    if codes is None:
        return (), ()
    drawn: list[int | None] = [None]
    categorical = [
        (i, value)
        for i, size in enumerate(codes.categorical)
        if (value := st.selectbox(f"Code {i + 1}", drawn + list(range(size)), format_func=_value)) is not None
    ]
    continuous = [
        (i, st.slider(f"Value of continuous code {i + 1}", -2.0, 2.0, 0.0, 0.1))
        for i in range(codes.continuous)
        if st.toggle(f"Set continuous code {i + 1}")
    ]
    return tuple(categorical), tuple(continuous)


def _directions(model: Model) -> tuple[tuple[int, float], ...]:
    """Draw a control for each of the directions that G's first layer heeds most."""
    if not st.toggle("Go along directions of the latent"):
        return ()
    asked = [(i, st.slider(f"Direction {i + 1}", -5.0, 5.0, 0.0, 0.1)) for i in range(directions_of(model))]
    return tuple((number, amount) for number, amount in asked if amount)


def _value(value: int | None) -> str:
    return "as drawn" if value is None else str(value)


def _drawn(model: Model, made: Made, real: Tensor | None) -> None:
    picture = made.png(model, real)
    # left to itself, streamlit shows a JPEG of it
    st.image(picture, alt=f"{len(made.samples)} samples", width="stretch", output_format="PNG")
    as_png, as_npz = st.columns(2)
    as_png.download_button("Download PNG", picture, "samples.png", "image/png", on_click="ignore")
    as_npz.download_button(
        "Download NPZ", made.npz(model), "samples.npz", "application/octet-stream", on_click="ignore"
    )


def _picture(model: Model) -> None:
    """Take a picture of the person's own and show what the model makes of it."""
    st.subheader("A picture of your own")
    sent = st.file_uploader("Picture", EXTENSIONS, max_upload_size=MOST_MEGABYTES)
    if sent is None:
        return
    with refusals():
        picture = read_upload(sent.name, sent.getvalue(), model.info)
        shown = {"as the model sees it": picture, **answers(model, picture)}
        for column, (words, made) in zip(st.columns(4), shown.items(), strict=False):
            drawn, alt = png(image_grid(made, 1)), f"your picture, {words}"
            column.image(drawn, caption=words, alt=alt, width=192, output_format="PNG")
        if judges(model):
            score, share = judged(model, picture)
            st.text(f"D's score is {score:.4g}, above {share:.0%} of the model's own samples.")
        else:
            st.text("D judges no single pictures here, so it has no score.")
