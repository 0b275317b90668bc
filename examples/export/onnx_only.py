"""Sample an exported generator with NumPy and ONNX Runtime alone.

ganbench export runs/digits --format onnx --out digits
python onnx_only.py digits samples.npy
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

folder, out = Path(sys.argv[1]), Path(sys.argv[2])
config = json.loads((folder / "config.json").read_text())
session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])

# The file must compute here what ganbench computed when it wrote the folder.
check = np.load(folder / "check.npz")
given = {entry.name: check[entry.name] for entry in session.get_inputs()}
difference = np.abs(session.run(["values"], given)[0] - check["values"]).max()
print(f"differs from ganbench by {difference:.1e}")
assert difference < 1e-4

rng, n = np.random.default_rng(0), 64
draws = {
    "normal": lambda part: rng.standard_normal((n, part["size"])),
    "uniform": lambda part: rng.uniform(part["low"], part["high"], (n, part["size"])),
    "one_hot": lambda part: np.eye(part["size"])[rng.integers(part["size"], size=n)],
}
latents = np.concatenate([draws[part["distribution"]](part) for part in config["latent"]], 1)
inputs = {"latents": latents.astype(np.float32)}
if config["classes"]:
    inputs["labels"] = np.arange(n) % len(config["classes"])
np.save(out, session.run(["samples"], inputs)[0])  # pixels, uint8 [64, C, H, W]; or points, float32 [64, D]
