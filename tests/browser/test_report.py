"""The report in a real browser: zoom, log scale, timeline, classes, a study, keyboard control."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.report.example import example_run
from tests.report.test_study_page import example_study
from tests.support.browser import chromium, needs_chromium, sync_api
from tests.support.training import draw_figures, tiny_recipe

from ganbench.experiment.train import train
from ganbench.report.page import write_report
from ganbench.report.study_page import write_study_report
from ganbench.utils.files import write_json

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(example_run(tmp_path_factory.mktemp("browser") / "run"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def class_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a scored class-conditional model."""
    with draw_figures():
        run = train(tiny_recipe("cgan-cifar10"), out=tmp_path_factory.mktemp("classes") / "run")
    record = {"name": "fd", "value": 12.5, "better": "lower", "details": {}, "measured": {"samples": 1000}}
    write_json(run.eval / "fd.json", record)
    return write_report(run)


@pytest.fixture(scope="module")
def study_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study_report(example_study(tmp_path_factory.mktemp("study") / "ring"))


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Any]:
    with open_page(browser, report) as page:
        yield page


@contextmanager
def open_page(browser: Any, path: Path) -> Iterator[Any]:
    """Open a page; assert no errors, no requests other than the page, and no horizontal scrolling."""
    page, messages, requests = browser.new_page(), [], []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    yield page
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    page.close()
    assert messages == []
    assert [url for url in requests if not url.startswith("data:")] == [path.as_uri()]
    assert widths[0] <= widths[1]


def chart(page: Any, title: str) -> Any:
    return page.locator(".chart", has=page.locator("figcaption", has_text=title)).first


def visible_steps(figure: Any) -> tuple[float, float]:
    low, high = map(float, figure.locator("svg[tabindex]").get_attribute("data-range").split())
    return low, high


def test_a_chart_zooms_by_dragging_and_resets(page: Any) -> None:
    figure = chart(page, "Losses")
    full_range = visible_steps(figure)
    figure.scroll_into_view_if_needed()
    box = figure.locator("svg[tabindex]").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.4 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], middle, steps=3)
    page.mouse.up()
    low, high = visible_steps(figure)
    assert full_range[0] < low < high < full_range[1]
    assert "step " in figure.locator("output").inner_text()
    figure.get_by_text("Show all").click()
    assert visible_steps(figure) == full_range


def test_log_scale_smoothing_and_legend(page: Any) -> None:
    figure = chart(page, "Losses")
    lines = lambda: [p.get_attribute("d") for p in figure.locator("path.line").all()]  # noqa: E731
    plain = lines()
    figure.get_by_label("log scale").check()
    assert figure.locator("svg[tabindex] text", has_text="(log)").count() == 1
    assert lines() != plain
    figure.get_by_label("log scale").uncheck()
    assert lines() == plain
    figure.get_by_label("smoothing").fill("0.9")
    assert lines() != plain
    assert figure.locator("path.raw").count() == len(plain)
    figure.locator(".legend button", has_text="D/adversarial").click()
    assert figure.locator("path.line").count() == len(plain) - 1


def test_a_chart_works_from_the_keyboard(page: Any) -> None:
    figure = chart(page, "Losses")
    full_range = visible_steps(figure)
    figure.locator("svg[tabindex]").focus()
    page.keyboard.press("ArrowRight")
    assert figure.locator("output").inner_text().startswith("step 10: ")
    page.keyboard.press("ArrowRight")
    assert figure.locator("output").inner_text().startswith("step 20: ")
    page.keyboard.press("+")
    low, high = visible_steps(figure)
    assert high - low < full_range[1] - full_range[0]
    page.keyboard.press("0")
    assert visible_steps(figure) == full_range


def test_a_layer_is_selected_by_name_and_statistic(page: Any) -> None:
    figure = chart(page, "Layers of D")
    assert figure.locator("path.line").count() == 4
    figure.locator(".legend button", has_text="none").click()
    assert figure.locator("path.line").count() == 0
    figure.locator(".legend button", has_text="layers.0.weight").click()
    figure.locator("select").select_option("standard deviation")
    assert figure.locator("path.line").count() == 1
    assert figure.locator("svg[tabindex] text", has_text="standard deviation").count() == 1


def test_the_timeline_plays_and_slides(page: Any) -> None:
    timeline = page.locator(".timeline")
    slider, output = timeline.locator("input[type=range]"), timeline.locator("output")
    assert output.inner_text() == "step 40"
    slider.focus()
    page.keyboard.press("Home")
    assert output.inner_text() == "step 10"
    visible = timeline.locator("img:visible")
    assert [image.get_attribute("data-step") for image in visible.all()] == ["10", "10"], (
        "both series move together"
    )
    timeline.get_by_label("frames per second").select_option("20")
    timeline.get_by_role("button", name="Play").click()
    sync_api.expect(output).to_have_text("step 40")
    sync_api.expect(timeline.get_by_role("button", name="Play")).to_be_visible()


def test_class_names_are_above_their_columns(browser: Any, class_report: Path) -> None:
    with open_page(browser, class_report) as page:
        figure = page.locator("section", has_text="Classes, codes").locator("figure.picture").first
        figure.locator("figcaption").evaluate("e => { e.textContent = 'a long caption '.repeat(20); }")
        figure.locator(".columns span").first.evaluate("e => { e.textContent = 'a-name-of-many-letters'; }")
        names, picture = figure.locator(".columns span"), figure.locator("img")
        width = picture.bounding_box()["width"]
        for i in range(names.count()):
            box, left = names.nth(i).bounding_box(), picture.bounding_box()["x"]
            middle = box["x"] + box["width"] / 2 - left
            assert abs(middle - (i + 0.5) * width / names.count()) < width / 50, names.nth(i).inner_text()
        assert names.count() > 1


def test_contents_links_work_from_the_keyboard(browser: Any, class_report: Path) -> None:
    with open_page(browser, class_report) as page:
        page.keyboard.press("Tab")
        page.get_by_role("link", name="Layers").focus()
        page.keyboard.press("Enter")
        assert page.get_by_role("heading", name="Layers", exact=True).bounding_box()["y"] < 300


def test_the_protocol_of_a_score_opens_from_the_keyboard(browser: Any, class_report: Path) -> None:
    with open_page(browser, class_report) as page:
        protocol = page.locator("details", has_text="protocol").first
        assert not protocol.locator("table").is_visible()
        protocol.locator("summary").focus()
        page.keyboard.press("Enter")
        assert "samples" in protocol.locator("table").inner_text()


def test_networks_and_model_figures_with_alternative_texts(browser: Any, class_report: Path) -> None:
    with open_page(browser, class_report) as page:
        assert page.locator("svg.diagram[role=img]").count() == 2
        assert "layer by layer" in page.locator("svg.diagram").first.get_attribute("aria-label")
        assert page.get_by_alt_text("Walks between classes").is_visible()
        assert all(image.get_attribute("alt") for image in page.locator("img").all())
        assert chart(page, "Learning rates").locator("path.line").count() == 1


def test_a_study_has_bands_verdicts_and_one_slider(browser: Any, study_report: Path) -> None:
    with open_page(browser, study_report) as page:
        curves = chart(page, "Curves: mean over seeds")
        assert curves.locator("polygon.band").count() == 2
        curves.locator("select").select_option("D/adversarial")
        assert curves.locator("path.line").count() == 2
        verdicts = page.locator("section", has=page.get_by_role("heading", name="Verdicts"))
        assert "gan-r1-ring8 and wgan-ring8" in verdicts.inner_text()
        slider = page.locator(".timeline input[type=range]")
        slider.focus()
        page.keyboard.press("Home")
        assert [i.get_attribute("data-step") for i in page.locator(".timeline img:visible").all()] == [
            "10",
            "10",
        ]
        screenshots = os.environ.get("GANBENCH_SCREENSHOTS")
        if screenshots:
            page.screenshot(path=Path(screenshots) / "study.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_dark_and_print_colours(browser: Any, report: Path, tmp_path: Path, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.goto(report.as_uri())
    colours = "e => [getComputedStyle(e).color, getComputedStyle(document.body).backgroundColor]"
    text, background = page.locator("main").evaluate(colours)
    screenshot = Path(os.environ.get("GANBENCH_SCREENSHOTS", tmp_path)) / f"report-{scheme}.png"
    page.screenshot(path=screenshot, full_page=True)
    light = lambda colour: sum(map(float, colour.split("(")[1].rstrip(")").split(",")[:3]))  # noqa: E731
    transparent = background.endswith(", 0)")
    assert (light(text) > 500) == (scheme == "dark")
    assert transparent if scheme == "light" else light(background) < 100
    page.emulate_media(media="print", color_scheme=scheme)
    assert light(page.locator("main").evaluate(colours)[0]) < 100, "print is black on white in both schemes"
    assert not page.locator(".controls").first.is_visible()
    page.close()


@pytest.mark.parametrize("width", [320, 375, 700, 1300])
def test_text_of_charts_stays_readable_on_narrow_screens(browser: Any, report: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(report.as_uri())
    for figure in page.locator(".chart").all():
        labels = figure.locator("svg[tabindex] text").evaluate_all(
            "labels => labels.map(l => [l.getBoundingClientRect().height, getComputedStyle(l).fontSize])"
        )
        assert labels
        assert all(height > 10 for height, size in labels), labels
    page.set_viewport_size({"width": 320 if width > 400 else 1000, "height": 800})
    box = page.locator(".chart svg[tabindex]").first
    page.wait_for_function(
        "e => Math.abs(e.viewBox.baseVal.width - Math.max(300, Math.min(900, e.parentNode.clientWidth))) < 2",
        arg=box.element_handle(),
    )
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dark_mode_inverts_plots_but_no_samples(
    browser: Any, report: Path, class_report: Path, scheme: str
) -> None:
    page = browser.new_page(color_scheme=scheme)
    filters = "images => images.map(i => getComputedStyle(i).filter)"
    page.goto(report.as_uri())
    of_points = page.locator(".timeline img, figure.picture img").evaluate_all(filters)
    assert len(of_points) > 4
    assert all(("invert" in value) == (scheme == "dark") for value in of_points)
    page.goto(class_report.as_uri())
    samples = page.locator(".timeline img, figure.picture:has(.columns) img").evaluate_all(filters)
    assert samples
    assert set(samples) == {"none"}
    page.close()
