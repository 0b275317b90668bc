"""The pages without a browser: whatever the URL, no page fails, reads outside the root or executes anything."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.dashboard.hostile import payloads
from tests.report.example import HOSTILE, example_run

from ganbench.dashboard.sanitize import folder_id
from ganbench.utils.files import read_json, write_json

pytest.importorskip("streamlit", reason="streamlit is not installed (it is in the dev extra)")
from streamlit.testing.v1 import AppTest

PAGES = ("runs", "run", "compare", "studies", "playground")
_WATCHED: list[list[tuple[str, str]]] = []
_EVENTS = ("open", "os.listdir", "os.scandir", "os.system", "subprocess.Popen", "os.exec", "os.posix_spawn")


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if _WATCHED and event in _EVENTS and arguments:
        _WATCHED[-1].append((event, str(arguments[0])))


@pytest.fixture(autouse=True)
def no_search_for_components(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the search of all installed packages for Streamlit components, which each AppTest would repeat."""
    scan = "streamlit.components.v2.manifest_scanner.scan_component_manifests"
    monkeypatch.setattr(scan, list, raising=False)


@pytest.fixture
def watched() -> Iterator[list[tuple[str, str]]]:
    """Record what Python opens, lists and starts. The audit hook stays, since hooks cannot be removed."""
    if not getattr(sys, "_ganbench_watches", False):
        sys.addaudithook(_note)
        sys._ganbench_watches = True  # type: ignore[attr-defined]
    _WATCHED.append([])
    yield _WATCHED[-1]
    _WATCHED.pop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    (folder / "outside").mkdir()
    (folder / "outside/secret").write_text("a secret")
    example_run(folder / "root/good")
    example_run(folder / "root" / HOSTILE.replace("/", "_"), summary=HOSTILE, term=HOSTILE)
    example_run(folder / "outside/run")
    example_run(folder / "root/leads-out")
    (folder / "root/leads-out/eval/x.json").symlink_to(folder / "outside/secret")
    (folder / "root/half").mkdir()
    (folder / "root/half/meta.json").write_text("{")
    (folder / "root/link").symlink_to(folder / "outside/run")
    (folder / "root/study").mkdir()
    (folder / "root/study/study.json").write_text("{}")
    return folder


def _app(root: str) -> None:
    from pathlib import Path

    from ganbench.dashboard.views.pages import show

    show(Path(root))


def open_page(folder: Path, **parameters: str) -> Any:
    app = AppTest.from_function(_app, args=(str(folder / "root"),), default_timeout=120)
    for name, value in parameters.items():
        app.query_params[name] = value.encode(errors="replace").decode()  # as a browser does
    return app.run()


def texts(app: Any) -> str:
    return " ".join(element.value for element in [*app.text, *app.warning, *app.info])


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens(folder: Path, page: str) -> None:
    app = open_page(folder, page=page)
    assert not app.exception
    assert [title.value for title in app.title] == [page.capitalize()]


@pytest.mark.parametrize("name", ["leads-out", "half", "study"])
def test_a_problem_is_shown_as_one_sentence(folder: Path, name: str) -> None:
    page, parameter = ("studies", "study") if name == "study" else ("run", "run")
    app = open_page(folder, page=page, **{parameter: folder_id(Path(name))})
    assert not app.exception
    assert [warning.value for warning in app.warning] == ["This cannot be shown:"]
    reason = {"leads-out": "is a link", "half": "no recipe.json", "study": "format None"}[name]
    assert reason in texts(app)


def test_ids_of_outside_folders_are_rejected(folder: Path) -> None:
    for there in ("../outside/run", "link", "outside/run"):
        app = open_page(folder, page="run", run=folder_id(Path(there)))
        assert "The link points to something that is not in this folder. Select another." in texts(app)
        assert not app.exception


def test_no_payload_in_a_url_reads_or_runs_anything(folder: Path, watched: list[tuple[str, str]]) -> None:
    corpus = payloads(folder / "outside")
    open_page(folder)  # so that imports are not recorded
    watched.clear()
    for i, payload in enumerate(corpus):
        page = PAGES[i % len(PAGES)] if i % 6 else payload
        app = open_page(folder, page=page, run=payload, runs=f"{payload},{payload}", study=payload)
        assert not app.exception, payload
        assert "a secret" not in str(app.main)
    assert not (folder / "outside/executed").exists()
    assert {event for event, _ in watched} <= {"open", "os.listdir", "os.scandir"}
    touched = {place for _, place in watched}
    root = str((folder / "root").resolve())
    assert any(place.startswith(root) for place in touched), "the audit hook records"
    assert [place for place in touched if str(folder / "outside") in place] == []
    forbidden = ("/etc/passwd", "/root/.ssh", "/dev/zero", "/proc/self/environ", "/proc/self/fd")
    assert [place for place in touched if place.startswith(forbidden)] == []


def test_no_payload_in_a_filter_or_a_recipe_breaks_a_page(folder: Path, tmp_path: Path) -> None:
    app = open_page(folder, page="runs")
    for payload in payloads(tmp_path)[::7]:
        app.text_input[0].set_value(payload.encode(errors="replace").decode())
        assert not app.run().exception
    recipe = read_json(folder / "root/good/recipe.json")
    for payload in payloads(tmp_path)[::17]:
        write_json(
            folder / "root/good/recipe.json",
            {**recipe, "name": payload, "summary": payload, payload: payload},
        )
        for page in ("runs", "run"):
            assert not open_page(folder, page=page, run=folder_id(Path("good"))).exception, payload


# --- controls --------------------------------------------------------------------------------------------------------


def _controlled_app(root: str, controls: str, token: str) -> None:
    from pathlib import Path

    from ganbench.dashboard.permission import Permission
    from ganbench.dashboard.views.pages import show

    show(Path(root), Permission(controls, token or None))  # type: ignore[arg-type]


def open_controlled(root: Path, controls: str, token: str = "", **parameters: str) -> Any:
    arguments = (str(root), controls, token)
    app = AppTest.from_function(_controlled_app, args=arguments, default_timeout=120)
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def buttons(app: Any) -> set[str]:
    return {button.label for button in app.button}


CONTROLS = {"Start", "Stop", "Resume", "Change"}


@pytest.fixture(scope="module")
def real_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root folder with a finished run."""
    from tests.dashboard.runs import trained

    root = tmp_path_factory.mktemp("controls")
    trained(root, "points")
    return root


@pytest.mark.parametrize("page", ["runs", "run"])
def test_a_read_only_dashboard_has_no_controls(real_run: Path, page: str) -> None:
    assert buttons(open_controlled(real_run, "off", page=page)) & CONTROLS == set()
    assert buttons(open_controlled(real_run, "off", "0123456789abcdef", page=page)) & CONTROLS == set()


def test_the_token_opens_the_controls(real_run: Path) -> None:
    token = "0123456789abcdef"
    app = open_controlled(real_run, "token", token, page="run")
    assert buttons(app) & CONTROLS == set()
    for given, expected in (("wrong", set()), (token, {"Stop", "Resume", "Change"})):
        app.text_input[0].set_value(given)
        next(button for button in app.button if button.label == "Use the token").click()
        assert buttons(app.run()) & CONTROLS == expected
    assert not app.exception


def test_a_change_is_asked_for_shown_and_refused(real_run: Path, tmp_path: Path) -> None:
    import shutil

    from ganbench.runs.requests import waiting_changes

    shutil.copytree(real_run / "points-seed0", tmp_path / "run")
    app = open_controlled(tmp_path, "open", page="run")

    def ask(key: str, value: str) -> str:
        next(box for box in app.selectbox if box.label == "Setting").set_value(key)
        next(box for box in app.text_input if box.label == "New value").set_value(value)
        next(button for button in app.button if button.label == "Change").click()
        app.run()
        assert not app.exception
        return texts(app)

    assert "optimizers.G.lr must be a finite number, not 'fast'" in ask("optimizers.G.lr", "fast")
    assert "is finished, at step 8" in ask("optimizers.G.lr", "0.5")
    assert waiting_changes(tmp_path / "run") == {}
    assert "schedule.steps = 20: at the next checkpoint" in ask("schedule.steps", "20")
    assert waiting_changes(tmp_path / "run") == {"schedule.steps": 20}
