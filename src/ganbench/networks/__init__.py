"""Generators and discriminators, one family a file."""

from ganbench.networks.mlp import MLPDiscriminator, MLPGenerator
from ganbench.networks.simple_cnn import SimpleCNNDiscriminator, SimpleCNNGenerator

__all__ = ["MLPDiscriminator", "MLPGenerator", "SimpleCNNDiscriminator", "SimpleCNNGenerator"]
