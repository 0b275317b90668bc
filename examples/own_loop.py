"""Train a GAN in a plain PyTorch loop with ganbench's networks, loss, penalty and score. Run: python own_loop.py"""

import sys

import torch

from ganbench.data.base import Batch
from ganbench.data.toy import ring8
from ganbench.losses import NonSaturating
from ganbench.metrics.coverage.mode_coverage import Modes
from ganbench.metrics.measure import measure
from ganbench.networks import MLPDiscriminator, MLPGenerator
from ganbench.regularizers import R1
from ganbench.training.phase import Context
from ganbench.utils.random_stream import RandomStream


def main(steps: int = 2000, batch: int = 128) -> float:
    """Return how many of the ring's eight modes the generator covers after ``steps`` steps."""
    torch.manual_seed(0)
    data, loss, penalty = ring8(), NonSaturating(), R1(gamma=0.5)
    generator = MLPGenerator(latent=16, shape=data.info.shape)
    discriminator = MLPDiscriminator(shape=data.info.shape)
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
    d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))

    for step in range(steps):
        stream = RandomStream("own loop", step)  # the random numbers of this step
        context = Context(step, steps, update=step, batch_size=batch, stream=stream)

        real = data.batch(stream.integers(batch, data.info.size), stream)  # points in about [-1, 1]
        fake = Batch(generator(stream.normal(batch, 16)).detach())
        d_loss = loss.discriminator(discriminator(real.x), discriminator(fake.x))  # [N]
        d_loss = d_loss + penalty(lambda x, y: discriminator(x), real, fake, context)
        d_optimizer.zero_grad()
        d_loss.mean().backward()
        d_optimizer.step()

        g_loss = loss.generator(None, discriminator(generator(stream.normal(batch, 16))))
        g_optimizer.zero_grad()
        g_loss.mean().backward()
        g_optimizer.step()

    with torch.no_grad():
        points = data.info.to_data(generator(torch.randn(2500, 16)))  # in the data's own coordinates
    (score,) = measure([Modes()], [points], data)
    print(f"{score.name}: {score.value:.0f} of 8, {score.details}")
    return score.value


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
