# %% [markdown]
# # Your own pictures
#
# The recipe `auto` looks at your pictures and chooses networks, augmentation and learning rates by rules. Give it a folder of images, or
# an array that your program has in memory.

# %% tags=["parameters"]
count, steps = 2000, 1500

# %% [markdown]
# These pictures are generated, so that the notebook runs anywhere: one coloured figure each. Put your own in their place, such as
# `pictures = numpy.load("photos.npy")`, uint8 `[N, H, W, 3]`, or a data set of torchvision.

# %%
import torch

import ganbench
from ganbench.data.shapes import shapes

data = shapes(size=count)
pictures = data.items(torch.arange(count))
pictures.shape, pictures.dtype

# %%
run = ganbench.train("auto", out="runs/your-pictures", overrides={"data": pictures, "schedule.steps": steps})
for reason in run.meta["chosen"]:
    print(reason)

# %%
import matplotlib.pyplot as plt


def show(images, title):
    figure, axes = plt.subplots(4, 8, figsize=(8, 4))
    for image, axis in zip(images, axes.flat, strict=True):
        axis.imshow(image.permute(1, 2, 0))
        axis.axis("off")
    figure.suptitle(title)


show(pictures[:32], "pictures")
show(ganbench.load(run).sample(32, seed=1), "samples")

# %% [markdown]
# `auto` has scored the run when it ended. With few pictures, also ask whether samples copy them: `ganbench evaluate RUN --metrics
# memorization`.

# %%
for file in sorted(run.eval.glob("*.json")):
    print(file.stem)
