# %% [markdown]
# # Your first GAN in five minutes
#
# A GAN has two networks: a generator G turns random numbers into samples, and a discriminator D tells samples from data. Here the data are
# points of eight Gaussians in a ring, so that you can see at a glance what G has learned.

# %% tags=["parameters"]
steps = 2000

# %%
import ganbench

run = ganbench.train(
    "gan-r1-ring8", budget="laptop", out="runs/first-gan", overrides={"schedule.steps": steps}
)
run.checkpoint_steps()

# %% [markdown]
# The run folder holds everything: the recipe, the log, checkpoints and pictures. `load` gives you the model of the newest checkpoint.

# %%
model = ganbench.load(run)
points = model.sample(1000, seed=1)
model

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(4, 4))
axes.scatter(*points.T, s=4)
axes.set_aspect("equal")
axes.set_title(f"{len(points):,} samples")

# %% [markdown]
# How many of the eight modes does G cover? `evaluate` counts them, and records how it measured.

# %%
(score,) = ganbench.evaluate(run)
print(f"{score.name}: {score.value:.0f} of 8")
score.details

# %% [markdown]
# The losses are in the log. D's loss near 2 ln 2 = 1.39 means that it can hardly tell samples from data.

# %%
events = run.events.read("scalars")
figure, axes = plt.subplots(figsize=(6, 3))
for name in ("D/adversarial", "G/adversarial"):
    axes.plot([e["step"] for e in events], [e[name] for e in events], label=name)
axes.set_xlabel("step")
axes.legend()

# %% [markdown]
# Without its penalty, R1, the same GAN collapses to few modes: try `"gan-ring8"`. The next notebook trains on your own pictures.
