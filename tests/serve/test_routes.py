"""The pages, as a client sees them: what the model's own methods return, and one sentence for each mistake."""

from __future__ import annotations

import base64
import io
import json
import threading
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tests.serve.conftest import LIMITS
from tests.support.serving import Client, Reply
from torch import Tensor

from ganbench.inference.model import Model
from ganbench.visualization.interpolations import interpolate_rows

BATCH = 8


def npz(reply: Reply) -> dict[str, Any]:
    assert (reply.status, reply.headers["content-type"]) == (200, "application/zip"), reply.body
    with np.load(io.BytesIO(reply.body), allow_pickle=False) as arrays:
        return dict(arrays)


def pixels(png: bytes) -> Tensor:
    """Return a PNG's pixels, uint8 ``[C, H, W]``."""
    array = np.asarray(Image.open(io.BytesIO(png)))
    return torch.from_numpy(array.reshape(*array.shape[:2], -1).copy()).permute(2, 0, 1)


def png(size: tuple[int, int] = (28, 28), seed: int = 0) -> bytes:
    values = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    return buffer.getvalue()


def in_full_batches(model: Model, n: int, seed: int, labels: Tensor | None = None) -> Tensor:
    """Return samples of the model, computed like the server's in batches of 8, with other samples in the rest."""
    z = torch.cat([model.latents(n, seed), model.latents(-n % BATCH or BATCH, 99)])
    y = None if labels is None else torch.cat([labels, torch.zeros(len(z) - n, dtype=torch.int64)])
    return model.decode(z, y, batch=BATCH)[:n]


@pytest.mark.parametrize("n", [1, 5, 8, 19])
@pytest.mark.parametrize("kind", ["images", "classes", "points"])
def test_samples_are_those_of_the_model(client: Client, models: dict[str, Model], kind: str, n: int) -> None:
    model = models[kind]
    arrays = npz(client.get("/sample", model=kind, n=n, seed=7, format="npz"))
    assert np.array_equal(arrays["samples"], in_full_batches(model, n, 7, model.labels(n)).numpy())
    difference = torch.from_numpy(arrays["samples"]).double() - model.sample(n, seed=7).double()
    assert difference.abs().max() <= (1 if model.info.kind == "image" else 1e-5)
    if model.classes:
        assert arrays["labels"].tolist() == [i % 10 for i in range(n)]
        assert arrays["classes"].tolist() == list(model.classes)


def test_the_formats_hold_the_same_samples(client: Client) -> None:
    samples = npz(client.get("/sample", model="classes", n=2, seed=3, format="npz"))["samples"]
    answer = client.get("/sample", model="classes", n=2, seed=3, format="json").json
    assert (answer["model"], answer["step"], answer["labels"], answer["points"]) == (
        "classes",
        0,
        [0, 1],
        None,
    )
    for image, sample in zip(answer["images"], samples, strict=True):
        assert np.array_equal(pixels(base64.b64decode(image)), sample)
    grid = pixels(client.get("/sample", model="classes", n=2, seed=3).body)
    assert grid.shape == (3, 34, 67)
    assert np.array_equal(grid[:, 1:33, 34:66], samples[1])


def test_a_png_of_one_image_has_its_pixels(client: Client, models: dict[str, Model]) -> None:
    reply = client.get("/sample", model="images", seed=5)
    assert reply.headers["content-type"] == "image/png"
    assert torch.equal(pixels(reply.body), in_full_batches(models["images"], 1, 5)[0])


def test_points_are_exact_in_json(client: Client) -> None:
    exact = npz(client.get("/sample", model="points", n=20, format="npz"))["samples"]
    assert np.array_equal(np.float32(client.get("/sample", model="points", n=20).json["points"]), exact)
    assert "points" in client.get("/sample", model="points", format="png").error


def test_classes_by_name_and_number(client: Client, models: dict[str, Model]) -> None:
    for given, labels in ((["3"], [3, 3]), (["3", "0"], [3, 0])):
        arrays = npz(client.get("/sample", model="classes", n=2, class_=given, format="npz"))
        assert arrays["labels"].tolist() == labels
        expected = in_full_batches(models["classes"], 2, 0, torch.tensor(labels))
        assert np.array_equal(arrays["samples"], expected.numpy())


def test_truncation(client: Client, models: dict[str, Model]) -> None:
    arrays = npz(client.get("/sample", model="images", n=8, truncation=0.5, format="npz"))
    expected = models["images"].decode(models["images"].latents(8, 0, truncation=0.5))
    assert np.array_equal(arrays["samples"], expected.numpy())


def test_answers_do_not_depend_on_what_else_is_asked(client: Client) -> None:
    """32 clients ask at once for different numbers of samples, twice; each gets what it gets alone."""
    asked: list[dict[str, Any]] = [
        {"model": ("classes", "points")[i % 2], "n": 1 + i % 11, "seed": i, "format": "npz"}
        for i in range(32)
    ]
    alone = [client.get("/sample", **query).body for query in asked]
    together: list[bytes] = [b""] * len(asked)

    def ask(i: int) -> None:
        together[i] = client.get("/sample", **asked[i]).body

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(asked))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone
    assert len(set(alone)) == len(alone)


def test_interpolations(client: Client, models: dict[str, Model]) -> None:
    model = models["classes"]
    arrays = npz(client.get("/interpolate", model="classes", seed=[4, 9, 2], steps=4, format="npz"))
    ends = torch.cat([model.latents(1, seed) for seed in (4, 9, 2)])
    labels = torch.tensor([0] * 4 + [1] * 4)
    assert arrays["labels"].tolist() == labels.tolist()
    assert np.array_equal(arrays["samples"], model.decode(interpolate_rows(model, ends, 4), labels).numpy())
    grid = pixels(client.get("/interpolate", model="classes", seed=[4, 9, 2], steps=4).body)
    assert grid.shape == (3, 2 * 33 + 1, 4 * 33 + 1)
    straight = npz(
        client.get("/interpolate", model="classes", seed=[4, 9, 2], steps=4, linear=True, format="npz")
    )
    assert not np.array_equal(arrays["samples"], straight["samples"])


def test_images_are_encoded(client: Client, models: dict[str, Model]) -> None:
    files = [png(seed=i) for i in range(2)]
    grey = [Image.open(io.BytesIO(file)).convert("L") for file in files]
    items = torch.stack([torch.from_numpy(np.asarray(image).copy())[None] for image in grey])
    arrays = npz(client.upload("/encode", *files, model="encoder", format="npz"))
    expected = models["encoder"].encode(torch.cat([items, items.new_zeros(6, 1, 28, 28)]))[:2]
    assert np.array_equal(arrays["latents"], expected.numpy())
    answer = client.upload("/encode", *files, model="encoder").json
    assert np.array_equal(np.float32(answer["latents"]), expected.numpy())


def test_images_are_translated(client: Client, models: dict[str, Model]) -> None:
    file = png((32, 32))
    full = torch.cat([pixels(file)[None], torch.zeros(7, 3, 32, 32, dtype=torch.uint8)])
    for query, target in (({}, "b"), ({"to": "a"}, "a")):
        reply = client.upload("/translate", file, model="translator", **query)
        assert torch.equal(pixels(reply.body), models["translator"].translate(full, target=target)[0])


def test_representations(client: Client, models: dict[str, Model]) -> None:
    queries: tuple[dict[str, Any], ...] = ({}, {"representations": "real"}, {"representations": "slerp"})
    for query in queries:
        assert (
            "samples from real images, which the server does not read; give representations: learned, normal"
            in (client.get("/sample", model="representations", **query).error)
        )
    replies = [
        client.get("/sample", model="representations", representations=r) for r in ("normal", "uniform")
    ]
    assert [reply.status for reply in replies] == [200, 200]
    assert replies[0].body != replies[1].body


@pytest.mark.parametrize(
    ("path", "query", "status", "sentence"),
    [
        ("/sample", {}, 422, "give model=, as several models can sample: images, "),
        ("/sample", {"model": "imags"}, 404, "there is no model 'imags'; did you mean 'images'?"),
        ("/sample", {"model": "images", "sed": 1}, 422, "there is no parameter 'sed'"),
        ("/sample", {"model": "images", "n": [1, 2]}, 422, "the parameter 'n' is given twice"),
        ("/interpolate", {"model": ["images", "images"]}, 422, "the parameter 'model' is given twice"),
        ("/sample", {"model": "images", "n": 0}, 422, "n: input should be greater than or equal to 1"),
        ("/sample", {"model": "images", "n": 51}, 422, "a request may be for 50 samples, not 51"),
        ("/sample", {"model": "images", "n": "many"}, 422, "n: input should be a valid integer"),
        ("/sample", {"model": "images", "seed": -1}, 422, "seed: input should be greater than or equal to 0"),
        ("/sample", {"model": "images", "seed": 2**53}, 422, "seed: input should be less than or equal to"),
        ("/sample", {"model": "images", "class_": "0"}, 422, "this model was trained without classes"),
        ("/sample", {"model": "classes", "class_": "cat"}, 422, "there is no class 'cat'"),
        (
            "/sample",
            {"model": "classes", "n": 3, "class_": ["1", "2"]},
            422,
            "give class once, or 3 times, not 2",
        ),
        (
            "/sample",
            {"model": "images", "truncation": "inf"},
            422,
            "truncation: input should be a finite number",
        ),
        (
            "/sample",
            {"model": "images", "format": "gif"},
            422,
            "format: input should be 'png', 'npz' or 'json'",
        ),
        ("/sample", {"model": "images", "representations": "normal"}, 422, "no choice of representations"),
        ("/sample", {"model": "translator"}, 422, "the model 'translator' cannot sample; it can: translate"),
        ("/interpolate", {"model": "images", "seed": 1}, 422, "seed: list should have at least 2 items"),
        ("/interpolate", {"model": "images", "steps": 51}, 422, "a request may be for 50 samples, not 51"),
        ("/nothing", {}, 404, "there is no page /nothing; / lists them"),
        ("/encode", {}, 405, "/encode does not take GET"),
    ],
)
def test_mistakes_get_one_sentence(
    client: Client, path: str, query: dict[str, Any], status: int, sentence: str
) -> None:
    reply = client.get(path, **query)
    assert (reply.status, reply.headers["content-type"]) == (status, "application/json")
    assert sentence in reply.error
    assert "\n" not in reply.error


def test_uploads_that_are_refused(client: Client) -> None:
    for files, status, sentence in (
        ([], 422, "images is missing"),
        ([b"no image"], 422, "the image format is not supported"),
        ([png()] * 4, 422, "a request may have 3 images, not 4"),
        ([b"\x00" * (2**20 + 1)], 413, "the request is larger than 1 MB"),
    ):
        reply = client.upload("/encode", *files, model="encoder")
        assert (reply.status, sentence in reply.error) == (status, True), reply.body
    assert "cannot encode" in client.upload("/encode", png(), model="points").error
    damaged = client.request("POST", "/encode", b"--x", {"content-type": "multipart/form-data; boundary=x"})
    assert damaged.status in (400, 422)
    assert damaged.error


def test_the_models_are_described(client: Client) -> None:
    answer = client.get("/models").json
    assert answer["limits"] == {
        "samples": LIMITS.samples,
        "images": LIMITS.images,
        "image_megabytes": 8,
        "image_megapixels": 16,
        "body_megabytes": 1,
    }
    can = {model["name"]: model["capabilities"] for model in answer["models"]}
    assert can == {
        "images": ["sample", "interpolate"],
        "classes": ["sample", "interpolate"],
        "points": ["sample", "interpolate"],
        "encoder": ["sample", "interpolate", "encode"],
        "translator": ["translate"],
        "representations": ["sample", "interpolate", "encode"],
    }


def test_the_other_pages(client: Client) -> None:
    assert client.get("/health").json == {"status": "ok"}
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    paths = json.loads(client.get("/openapi.json").body)["paths"]
    assert all(f">{path}<" in page.body.decode() or f"{path}</h2>" in page.body.decode() for path in paths)
    client.get("/sample", model="images", n=3)
    numbers = client.get("/metrics").body.decode()
    assert 'ganbench_requests_total{route="/sample",status="200"}' in numbers
    assert 'ganbench_batch_rows_count{model="images"}' in numbers
