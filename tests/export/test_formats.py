"""Files of every format compute what the original does, for representative recipes, and need what they say."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from benchmarks.export_parity import measure, random_model
from torch import Tensor, nn

from ganbench.errors import UserError
from ganbench.export import formats
from ganbench.export.formats import FORMATS, file_name, require_packages, trace
from ganbench.export.module import ExportedModule, example_inputs

#: Every kind of input, of layer that is special, and of latent; `python -m benchmarks.export_parity` does all recipes.
CASES = [
    ("gan-ring8", "generator"),
    ("infogan-mnist", "generator"),
    ("sagan-cifar10", "generator"),
    ("biggan-small-cifar10", "generator"),
    ("r3gan-cifar10", "generator"),
    ("cyclegan-mnist", "translator"),
    ("bigan-mnist", "encoder"),
    ("simsiam-gan-shapes", "generator"),
]


@pytest.mark.parametrize(("name", "part"), CASES)
def test_onnx_runtime_computes_what_the_model_does(name: str, part: Any) -> None:
    pytest.importorskip("onnxruntime", reason="the extra 'export' is not installed")
    parity, _ = measure(random_model(name, 8), part, "onnx")
    parity.require("the file")
    assert parity.largest > 0.1


@pytest.mark.parametrize(("name", "part"), [CASES[1], CASES[5]])
def test_a_program_of_torch_computes_what_the_model_does(name: str, part: Any) -> None:
    parity, _ = measure(random_model(name, 8), part, "torch")
    parity.require("the file")
    assert parity.values < 2e-5, "nearer than ONNX Runtime needs to be"


def test_no_file_names_files_of_this_machine(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="the extra 'export' is not installed")
    model = random_model("gan-ring8", 8)
    inputs = example_inputs(model, "generator", 3)
    program = trace(ExportedModule(model, "generator"), inputs)
    for form in filter(None, FORMATS.values()):
        form.write(
            program,
            json.dumps({"inputs": [{"name": "latents"}]}),
            tmp_path / form.file,
            ["samples", "values"],
        )
        content = (tmp_path / form.file).read_bytes()
        assert str(Path(formats.__file__).parents[1]).encode() not in content
        assert str(Path(torch.__file__).parent).encode() not in content


def test_the_description_is_inside_of_the_file(tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime", reason="the extra 'export' is not installed")
    model = random_model("gan-ring8", 8)
    program = trace(ExportedModule(model, "generator"), example_inputs(model, "generator", 3))
    text = json.dumps({"inputs": [{"name": "latents"}], "data": "ring8"})
    for form in filter(None, FORMATS.values()):
        form.write(program, text, tmp_path / form.file, ["samples", "values"])
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    assert session.get_modelmeta().custom_metadata_map["ganbench"] == text
    assert [entry.shape for entry in session.get_inputs()] == [["batch", 32]]
    extra = {"config.json": ""}
    torch.export.load(tmp_path / "model.pt2", extra_files=extra)
    assert extra["config.json"] == text


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UserError, match="unknown format 'onx'; did you mean 'onnx'"):
        require_packages("onx")
    assert [file_name(name) for name in FORMATS] == ["model.safetensors", "model.onnx", "model.pt2"]


def test_a_missing_package_is_named_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(formats, "find_spec", lambda name: None if name == "onnxscript" else found(name))
    with pytest.raises(UserError, match=r"--format onnx needs onnxscript: pip install 'ganbench\[export\]'"):
        require_packages("onnx")
    require_packages("torch")
    require_packages("safetensors")


class Counting(nn.Module):
    """Fixes the size of the batch when it is traced."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(z[:, :2]).reshape(len(z), 2)


def test_networks_that_cannot_be_traced_are_refused_with_advice() -> None:
    model = random_model("gan-ring8", 8)
    counting = Counting()
    counting.scale = nn.Parameter(torch.ones(()))
    model.networks["G"] = counting
    with pytest.raises(
        UserError, match=r"cannot trace this generator for batches of any size: .*not use len\(x\)"
    ):
        trace(ExportedModule(model, "generator"), example_inputs(model, "generator", 3))
