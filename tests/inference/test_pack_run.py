"""A packed run is small, draws nearly the same, and holds what its report shows."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image
from tests.support.training import tiny_recipe

from ganbench.errors import UserError
from ganbench.experiment.train import train
from ganbench.inference.critic_scores import critic_scores
from ganbench.inference.load import load
from ganbench.inference.pack_run import pack_run
from ganbench.runs.checkpoint import read_checkpoint
from ganbench.runs.run import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    changes = {"schedule.evaluate_every": 4, "schedule.evaluate_samples": 250, "schedule.ema_half_life": 100}
    return train(tiny_recipe("gan-ring8", changes), out=tmp_path_factory.mktemp("pack") / "run")


def test_the_samples_are_nearly_the_same(run: Run, tmp_path: Path) -> None:
    difference = pack_run(run, tmp_path / "packed")
    before, after = load(run), load(tmp_path / "packed")
    z = before.latents(64, seed=0)
    assert float((before.decode(z) - after.decode(z)).abs().max()) == difference
    assert 0 < difference < 1e-2
    assert after.weights == "averaged"
    assert not torch.equal(after.decode(z), load(run, weights="live").decode(z))


def test_weights_have_half_the_bytes_and_no_optimizers(run: Run, tmp_path: Path) -> None:
    pack_run(run, tmp_path / "packed")
    packed = Run(tmp_path / "packed")
    state = read_checkpoint(packed.intact_checkpoints()[0])
    assert state.keys() == {"step", "networks", "average", "algorithm"}
    tensors = [*state["networks"].values(), *state["average"].values()]
    assert {t.dtype for t in tensors if t.is_floating_point()} == {torch.float16}
    assert state["networks"].keys().isdisjoint(state["average"])
    assert [e["step"] for e in packed.events.read("score")] == [4, 8, 12]
    assert packed.events.read("scalars")
    assert packed.recipe() == run.recipe()
    assert packed.info == run.info


@pytest.mark.parametrize("name", ["simsiam-cifar10", "cyclegan-mnist", "bigan-mnist", "simsiam-gan-cifar10"])
@pytest.mark.filterwarnings("ignore:networks.f is frozen and untrained")
def test_encoders_and_translators_are_packed_too(name: str, tmp_path: Path) -> None:
    run = train(tiny_recipe(name), out=tmp_path / "run")
    assert 0 < pack_run(run, tmp_path / "packed") < 3
    assert load(tmp_path / "packed").networks.keys() == load(run).networks.keys()


def test_d_can_be_left_out(run: Run, tmp_path: Path) -> None:
    pack_run(run, tmp_path / "packed", without=["D"])
    packed = load(tmp_path / "packed")
    assert list(packed.networks) == ["G"]
    assert float((packed.sample(64, seed=1) - load(run).sample(64, seed=1)).abs().max()) < 1e-2
    with pytest.raises(UserError, match="packed without D"):
        critic_scores(packed, packed.sample(4))


@pytest.mark.parametrize(
    ("name", "message"),
    [("E", "has no network E; it has G, D"), ("G", "packed was packed without G, so it is of no use")],
)
def test_a_network_that_is_unknown_or_needed_is_refused(
    name: str, message: str, run: Run, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=message):
        pack_run(run, tmp_path / "packed", without=[name])
    assert not (tmp_path / "packed").exists()


def test_numbers_beyond_half_precision_stay_as_they_are(run: Run, tmp_path: Path) -> None:
    from ganbench.inference.pack_run import _halve

    assert _halve(torch.tensor([1e5])).dtype == torch.float32
    assert _halve(torch.tensor([3])).dtype == torch.int64
    assert _halve(torch.tensor([0.5])).dtype == torch.float16


def test_nothing_is_left_of_a_failure(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no checkpoint of step 5"):
        pack_run(run, tmp_path / "packed", step=5)
    (run.eval / "broken.json").write_text("{")
    try:
        with pytest.raises(UserError, match=r"broken\.json cannot be read"):
            pack_run(run, tmp_path / "packed")
    finally:
        (run.eval / "broken.json").unlink()
    assert not list(tmp_path.iterdir())
    (tmp_path / "packed").mkdir()
    with pytest.raises(UserError, match="packed exists"):
        pack_run(run, tmp_path / "packed")


def test_a_large_picture_gets_fewer_colours(tmp_path: Path) -> None:
    from ganbench.inference.pack_run import _copy_picture

    noise = torch.randint(
        0, 256, (200, 200, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    for name, pixels in (("large", noise), ("small", noise[:20])):
        Image.fromarray(pixels.numpy()).save(tmp_path / f"{name}.png")
        _copy_picture(tmp_path / f"{name}.png", tmp_path / f"{name}-packed.png")
    assert (tmp_path / "small.png").read_bytes() == (tmp_path / "small-packed.png").read_bytes()
    assert (tmp_path / "large-packed.png").stat().st_size < (tmp_path / "large.png").stat().st_size / 2
    with Image.open(tmp_path / "large-packed.png") as image:
        difference = torch.tensor(bytearray(image.convert("RGB").tobytes())).int() - noise.flatten().int()
    assert difference.abs().float().mean() < 25
