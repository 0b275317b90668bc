# %% [markdown]
# # Which method is better?
#
# One run says little: with another seed, the other method may win. A study trains every method with several seeds and says what is
# resolved, with intervals.

# %% tags=["parameters"]
seeds, steps = 3, 1000

# %%
import ganbench

study = ganbench.study(
    ["gan-ring8", "gan-r1-ring8"],
    seeds=seeds,
    budget="laptop",
    out="runs/study",
    overrides={"schedule.steps": steps, "machine.threads": 1},
    n=2500,
)

# %% [markdown]
# Each cell of the table is a median over seeds; the comparison gives the difference of two methods and its 95 % interval.

# %%
print(study.markdown())

# %%
study.compare("gan-r1-ring8", "gan-ring8")
