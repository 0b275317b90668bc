"""Sample an exported generator with PyTorch alone; ganbench need not be installed.

ganbench export runs/digits --format torch --out digits
python plain_torch.py digits samples.pt
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch

folder, out = Path(sys.argv[1]), Path(sys.argv[2])
config = json.loads((folder / "config.json").read_text())
generator = torch.export.load(folder / "model.pt2").module()

# The file must compute here what ganbench computed when it wrote the folder.
check = {name: torch.from_numpy(array) for name, array in np.load(folder / "check.npz").items()}
with torch.no_grad():
    results = generator(*(check[entry["name"]] for entry in config["inputs"]))
difference = (results["values"] - check["values"]).abs().max().item()
print(f"differs from ganbench by {difference:.1e}")
assert difference < 1e-4

torch.manual_seed(0)
n = 64
draws = {
    "normal": lambda part: torch.randn(n, part["size"]),
    "uniform": lambda part: torch.empty(n, part["size"]).uniform_(part["low"], part["high"]),
    "one_hot": lambda part: torch.eye(part["size"])[torch.randint(part["size"], (n,))],
}
inputs = [torch.cat([draws[part["distribution"]](part) for part in config["latent"]], 1)]
if config["classes"]:
    inputs.append(torch.arange(n) % len(config["classes"]))
with torch.no_grad():
    torch.save(generator(*inputs)["samples"], out)  # pixels, uint8 [64, C, H, W]; or points, float32 [64, D]
