"""The page that draws digits from a slider, with a model that ``ganbench export`` wrote, in a real browser.

It needs the files of onnxruntime-web in ``examples/export/browser/runtime``, as docs/export.md says.
"""

from __future__ import annotations

import functools
import http.server
import math
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support.browser import chromium, needs_chromium
from tests.support.training import tiny_recipe

import ganbench
from ganbench.experiment.train import train
from ganbench.export.export_run import export_run

pytest.importorskip("onnxruntime", reason="the extra 'export' is not installed")
PAGE = Path(__file__).parents[2] / "examples" / "export" / "browser"
RUNTIME = PAGE / "runtime"
pytestmark = [
    needs_chromium,
    pytest.mark.skipif(not RUNTIME.is_dir(), reason="onnxruntime-web is not at hand: see docs/export.md"),
]
TIMEOUT = 120_000  # milliseconds; the machine may be busy training


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("site")
    shutil.copy(PAGE / "index.html", root)
    shutil.copytree(RUNTIME, root / "files")
    for name in ("cgan-dense-mnist", "infogan-mnist"):
        run = train(tiny_recipe(name), out=root / f"run-{name}")
        export_run(run, root / name, format="onnx")
    export_run("zoo:digits", root / "digits", format="onnx")
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(_Quiet, directory=root)
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/index.html?runtime=files"
        server.shutdown()


@pytest.mark.parametrize(("name", "classes"), [("cgan-dense-mnist", 6), ("infogan-mnist", 0)])
def test_the_slider_draws_other_pictures(address: str, name: str, classes: int) -> None:
    with chromium() as browser:
        page, messages = browser.new_page(), []
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.goto(f"{address}&model={name}")
        page.get_by_text("ready").wait_for(timeout=TIMEOUT)
        assert page.locator("#class option").count() == classes
        assert page.locator("#class").is_visible() == (classes > 0)
        assert page.evaluate("[picture.width, picture.height]") == [32, 32]
        first = _pixels(page)
        assert len(set(first)) > 2, "not blank"
        page.evaluate("place.value = 1; place.dispatchEvent(new Event('input'))")
        page.wait_for_function(f"({_PIXELS}).join() !== {','.join(map(str, first))!r}", timeout=TIMEOUT)
        page.close()
    assert messages == []


_PIXELS = "Array.from(picture.getContext('2d').getImageData(0, 0, 32, 32).data)"


def _pixels(page: Any) -> list[int]:
    values: list[int] = page.evaluate(_PIXELS)
    return values


def test_the_page_draws_the_same_digits_as_sample(address: str) -> None:
    # Constant random numbers, so that the latent is known: at the slider's start, each number of it is this one.
    number = math.sqrt(-2 * math.log(1 - 0.3)) * math.cos(2 * math.pi * 0.3)
    model = ganbench.load("zoo:digits")
    latents = torch.full((10, model.latent.size), number)
    expected = model.decode(latents, torch.arange(10))
    with chromium() as browser:
        page = browser.new_page()
        page.add_init_script("Math.random = () => 0.3")
        page.goto(f"{address}&model=digits")
        page.get_by_text("ready").wait_for(timeout=TIMEOUT)
        pixels = _PIXELS.replace("32, 32", "28, 28")
        for digit in range(10):
            if digit:  # the page begins with class 0
                before = page.evaluate(pixels)
                page.locator("#class").select_option(str(digit))
                page.wait_for_function(
                    f"({pixels}).join() !== {','.join(map(str, before))!r}", timeout=TIMEOUT
                )
            drawn = torch.tensor(page.evaluate(pixels)).view(28, 28, 4)
            difference = (drawn[:, :, 0] - expected[digit, 0].int()).abs().max()
            assert int(difference) <= 1, digit
        page.close()
