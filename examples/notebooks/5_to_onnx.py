# %% [markdown]
# # From training to ONNX
#
# A trained generator runs without ganbench. `export_run` writes it for ONNX Runtime, compares the file with the model, and adds a card.

# %% tags=["parameters"]
source = "zoo:digits"

# %%
import ganbench

model = ganbench.load(source)
model

# %%
parity = ganbench.export_run(source, "digits-onnx", format="onnx")
print(parity.describe())

# %%
import json
from pathlib import Path

import numpy as np
import onnxruntime

folder = Path("digits-onnx")
session = onnxruntime.InferenceSession(folder / "model.onnx")
[(tensor.name, tensor.shape) for tensor in session.get_inputs()]

# %% [markdown]
# The file takes latents and labels, and returns finished pictures: uint8 `[N, 1, H, W]`.

# %%
size = json.loads((folder / "config.json").read_text())["inputs"][0]["shape"][1]
latents = np.random.default_rng(0).standard_normal((10, size), dtype="float32")
labels = np.arange(10)
(samples, *_) = session.run(None, {"latents": latents, "labels": labels})
samples.shape, samples.dtype

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(1, 10, figsize=(10, 1))
for image, axis in zip(samples, axes, strict=True):
    axis.imshow(image[0], cmap="gray")
    axis.axis("off")

# %% [markdown]
# Nothing changes on the way: the same latents give the same pictures as in ganbench.

# %%
import torch

same = model.decode(torch.from_numpy(latents), torch.from_numpy(labels)).numpy()
int(np.abs(same.astype(int) - samples.astype(int)).max())
