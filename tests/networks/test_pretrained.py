"""Initial weights from runs, from published files, and from files that do not fit or could run code."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tests.support.damage import poison
from tests.support.hub_server import Hub, hub
from tests.support.training import tiny_recipe

from ganbench.errors import UserError
from ganbench.experiment.train import train
from ganbench.inference.build import assemble, load_pretrained_weights
from ganbench.inference.load import load
from ganbench.inference.pack_run import pack_run
from ganbench.networks import ResNetEncoder
from ganbench.networks.pretrained import Pretrained
from ganbench.networks.published_simsiam import SimSiamResNet50
from ganbench.runs.checkpoint import list_checkpoints, read_checkpoint
from ganbench.runs.run import Run
from ganbench.zoo.index import describe_folder, write_index

__all__ = ["hub"]

SHAPE = (3, 16, 16)


def encoder(weights: str = "", seed: int = 0, size: int = 5) -> ResNetEncoder:
    torch.manual_seed(seed)
    return ResNetEncoder(shape=SHAPE, width=4, blocks=1, size=size, weights=weights)


def test_loads_all_tensors_of_a_file(tmp_path: Path) -> None:
    source = encoder(seed=1)
    save_file(source.state_dict(), tmp_path / "f.safetensors")
    torch.save({"state_dict": source.state_dict(), "epoch": 3}, tmp_path / "f.pth.tar")
    for name in ("f.safetensors", "f.pth.tar"):
        loaded = encoder(str(tmp_path / name))
        assert not torch.equal(loaded.backbone[0].weight, source.backbone[0].weight)
        loaded.load_pretrained()
        assert all(torch.equal(v, loaded.state_dict()[k]) for k, v in source.state_dict().items())


def test_lists_keys_and_shapes_that_do_not_fit(tmp_path: Path) -> None:
    state = encoder(size=6).state_dict()
    state["more.weight"] = torch.zeros(1)
    del state["backbone.0.weight"]
    save_file(state, tmp_path / "f.safetensors")
    with pytest.raises(
        UserError, match=r"does not fit a ResNetEncoder: lacks backbone.0.weight; has an extra more.weight"
    ):
        encoder(str(tmp_path / "f.safetensors")).load_pretrained()
    with pytest.raises(UserError, match="no weights at"):
        encoder(str(tmp_path / "none.pth")).load_pretrained()
    with pytest.raises(UserError, match="no checkpoint"):
        encoder(str(tmp_path)).load_pretrained()


class Canary:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("canary"),)  # type: ignore[return-value]


def test_reads_only_tensors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": Canary()}, "f.pth")
    with pytest.raises(UserError, match="holds more than tensors"):
        encoder("f.pth").load_pretrained()
    assert not Path("canary").exists()
    torch.save([1, 2], "list.pth")
    with pytest.raises(UserError, match="no state dict"):
        encoder("list.pth").load_pretrained()


def test_a_run_starts_from_another_runs_network_and_then_no_longer_needs_it(tmp_path: Path) -> None:
    source = train(tiny_recipe("simsiam-cifar10"), out=tmp_path / "source")
    recipe = tiny_recipe("simsiam-cifar10", {"networks.f.weights": str(source.path), "optimizers.f.lr": 0.0})
    run = train(recipe, out=tmp_path / "run")
    before, after = load(source).networks["f"], load(run).networks["f"]
    assert all(torch.equal(p, q) for p, q in zip(before.parameters(), after.parameters(), strict=True))
    source.path.rename(tmp_path / "gone")
    load(run)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tiny_recipe("simsiam-cifar10"), out=tmp_path_factory.mktemp("source") / "run").path


def weights_of(path: Path | str) -> dict[str, torch.Tensor]:
    """What a network of the right kind loads from a run."""
    recipe = tiny_recipe("simsiam-cifar10", {"networks.f.weights": str(path)})
    network = assemble(recipe, recipe.data().info, seed=5).networks["f"]
    assert isinstance(network, Pretrained)
    network.load_pretrained()
    return network.state_dict()


def test_a_model_by_name_is_a_source(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub
) -> None:
    (tmp_path / "zoo").mkdir()
    pack_run(Run(source), tmp_path / "zoo" / "encoder")
    write_index(
        {"encoder": describe_folder(tmp_path / "zoo" / "encoder", "")}, tmp_path / "zoo" / "index.json"
    )
    monkeypatch.setenv("GANBENCH_ZOO", str(tmp_path / "zoo"))
    hub.put("me/encoder", tmp_path / "zoo" / "encoder")
    expected = weights_of(source)
    for name in ("zoo:encoder", "hub:me/encoder"):
        loaded = weights_of(name)
        assert all(torch.allclose(loaded[key], expected[key], rtol=1e-3, atol=1e-5) for key in expected)


def test_a_changed_checkpoint_is_skipped_and_the_one_before_is_used(source: Path, tmp_path: Path) -> None:
    shutil.copytree(source, tmp_path / "run")
    newest, older = list_checkpoints(tmp_path / "run/checkpoints")
    path = newest / "networks.safetensors"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1  # one bit of one weight
    path.write_bytes(content)
    expected = {
        k.removeprefix("f."): v for k, v in read_checkpoint(older)["networks"].items() if k.startswith("f.")
    }
    with pytest.warns(UserWarning, match=r"step-00000012.*has changed since it was written.*skipping"):
        weights = weights_of(tmp_path / "run")
    assert all(torch.equal(weights[key], value) for key, value in expected.items())
    (older / "manifest.json").unlink()
    with (
        pytest.warns(UserWarning, match="skipping"),
        pytest.raises(UserError, match="has no intact checkpoint"),
    ):
        weights_of(tmp_path / "run")


def test_weights_that_are_not_finite_are_refused_by_name(source: Path, tmp_path: Path) -> None:
    shutil.copytree(source, tmp_path / "run")
    for checkpoint in list_checkpoints(tmp_path / "run/checkpoints"):
        poison(checkpoint, "f.backbone.0.weight")
    with (
        pytest.warns(UserWarning, match=r"'f.backbone.0.weight' is infinite or NaN; skipping"),
        pytest.raises(UserError, match="has no checkpoint of finite numbers to take the weights of 'f' from"),
    ):
        weights_of(tmp_path / "run")
    state = encoder().state_dict()
    state["backbone.0.weight"][0, 0, 0, 0] = torch.inf
    save_file(state, tmp_path / "f.safetensors")
    with pytest.raises(
        UserError, match=r"f.safetensors is of no use: 'backbone.0.weight' is infinite or NaN"
    ):
        encoder(str(tmp_path / "f.safetensors")).load_pretrained()


def test_loads_a_published_checkpoint_under_its_own_keys(tmp_path: Path) -> None:
    torch.manual_seed(1)
    ours = SimSiamResNet50(shape=(3, 32, 32)).eval()
    state, bias = {}, torch.randn(2048)
    for key, value in ours.state_dict().items():
        new = key.replace("backbone.", "encoder.").replace("projector.", "encoder.fc.")
        state[f"module.{new}"] = value.clone()
    state["module.encoder.fc.6.bias"] = bias
    state["module.encoder.fc.7.running_mean"] += bias
    state["module.predictor.0.weight"] = torch.zeros(512, 2048)
    torch.save({"epoch": 99, "arch": "resnet50", "state_dict": state}, tmp_path / "checkpoint_0099.pth.tar")
    torch.manual_seed(2)
    loaded = SimSiamResNet50(shape=(3, 32, 32), weights=str(tmp_path / "checkpoint_0099.pth.tar")).eval()
    load_pretrained_weights(torch.nn.ModuleDict({"f": loaded}))
    x = torch.rand(2, 3, 32, 32) * 2 - 1
    with torch.no_grad():
        torch.testing.assert_close(loaded(x), ours(x), rtol=1e-3, atol=1e-4)
    assert loaded.features(x).shape == loaded(x).shape == (2, 2048)
    with pytest.raises(UserError, match="3 channels"):
        SimSiamResNet50(shape=(1, 32, 32))
