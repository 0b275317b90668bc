"""GIFs and MP4s: all frames in order and of one size; a clear message without ffmpeg."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image
from tests.report.example import example_run
from tests.support.training import draw_figures, tiny_recipe

from ganbench.cli.report import report
from ganbench.errors import UserError
from ganbench.experiment.train import train
from ganbench.inference.load import load
from ganbench.inference.model import Model
from ganbench.inference.traversals import interpolate_latents
from ganbench.latents import Uniform
from ganbench.runs.run import Run
from ganbench.visualization.animation import timeline_frames, write_gif, write_mp4
from ganbench.visualization.latent_walk import latent_walk, render_walk

FFMPEG = """#!/bin/sh
for last; do :; done
folder=$(dirname "$last")
ls "$folder" | wc -l > "$last"
"""


def test_a_timeline_gif_has_every_step_and_holds_the_last_frame(tmp_path: Path) -> None:
    run = example_run(tmp_path / "run")
    (run.samples / "step-00000020.png").write_bytes(b"half")
    write_gif(tmp_path / "a.gif", timeline_frames(run))
    with Image.open(tmp_path / "a.gif") as gif:
        durations = []
        for i in range(gif.n_frames):
            gif.seek(i)
            durations.append(gif.info["duration"])
        assert (gif.n_frames, gif.info["loop"]) == (3, 0)
    assert durations[-1] > durations[0] == durations[1]


def test_a_timeline_needs_sample_pictures(tmp_path: Path) -> None:
    run = example_run(tmp_path / "run")
    for path in run.samples.iterdir():
        path.unlink()
    with pytest.raises(UserError, match=r"no sample pictures; set schedule\.sample_every"):
        timeline_frames(run)


def test_ffmpeg_writes_the_mp4_and_its_failure_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, pictures = tmp_path / "ffmpeg", [Image.new("RGB", (5, 5))] * 3
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    program.write_text(FFMPEG)
    program.chmod(0o755)
    write_mp4(tmp_path / "a.mp4", pictures)
    assert (tmp_path / "a.mp4").read_text().strip() in ("3", "4"), "the number of frames"
    program.write_text("#!/bin/sh\necho no codec >&2; exit 1\n")
    with pytest.raises(UserError, match=r"ffmpeg could not write .*b\.mp4: no codec"):
        write_mp4(tmp_path / "b.mp4", pictures)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="needs ffmpeg, which is not installed"):
        write_mp4(tmp_path / "b.mp4", pictures)
    assert not (tmp_path / "b.mp4").exists()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    with draw_figures():
        return train(tiny_recipe("dcgan-shapes"), out=tmp_path_factory.mktemp("walk") / "run")


@pytest.fixture
def model(trained: Run) -> Model:
    return load(trained)


def test_the_report_command_writes_animations_and_prints_their_paths(
    trained: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    report(trained.path, gif=True, walk=True)
    names = ["report.html", "pictures/timeline.gif", "pictures/walk.gif"]
    assert capsys.readouterr().out.split() == [str(trained.path / name) for name in names]
    for name in names[1:]:
        with Image.open(trained.path / name) as gif:
            assert gif.n_frames == (3 if "timeline" in name else 96)


def test_without_ffmpeg_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = example_run(tmp_path / "run")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="--gif works without it"):
        report(run.path, mp4=True)
    assert not (run.path / "report.html").exists()


def test_a_walk_is_closed_and_its_latents_have_the_usual_length(model: Model) -> None:
    walk = latent_walk(model, points=3, frames=4, n=200, seed=1)
    assert len(walk) == 12
    latents = model.latents(600, 1).reshape(3, 200, -1)
    assert all(torch.equal(walk[4 * i], latents[i]) for i in range(3))
    assert all(abs(float(z.std()) - 1) < 0.03 for z in walk), "also between two points"
    jumps = [float((a - b).abs().mean()) for a, b in zip(walk, [*walk[1:], walk[0]], strict=True)]
    assert max(jumps) < 0.5 * float((latents[0] - latents[1]).abs().mean())


def test_uniform_latents_are_interpolated_linearly(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "latent", Uniform(2))
    a, b = torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0, -1.0]])
    assert interpolate_latents(model, a, b, 0.25).tolist() == [[1.0, 0.5]]


def test_the_frames_of_a_walk_have_one_size(model: Model) -> None:
    pictures = render_walk(model, points=2, frames=2, n=4)
    assert len(pictures) == 4
    assert len({picture.size for picture in pictures}) == 1
    assert pictures[0].tobytes() != pictures[2].tobytes()
