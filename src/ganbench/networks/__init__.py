"""Generators, discriminators, encoders and other networks, one family per file."""

from ganbench.networks.biggan import BigGANGenerator
from ganbench.networks.code_autoencoder import CodeDecoder, CodeEncoder
from ganbench.networks.codes import CodeNetwork
from ganbench.networks.contrastive import ContrastiveGenerator, PatchProjector
from ganbench.networks.dense_conv import DenseConvDiscriminator, DenseConvGenerator
from ganbench.networks.dense_dcgan import DenseDCGANDiscriminator, DenseDCGANGenerator
from ganbench.networks.dense_sagan import DenseSAGANDiscriminator, DenseSAGANGenerator
from ganbench.networks.domain_generator import DomainGenerator
from ganbench.networks.encoder import Predictor, ResNetEncoder
from ganbench.networks.fixup_resnet import FixupResNetDiscriminator, FixupResNetGenerator
from ganbench.networks.image_to_image import ImageToImageGenerator, PatchDiscriminator
from ganbench.networks.maxout import MaxoutDiscriminator
from ganbench.networks.mlp import JointMLPDiscriminator, MLPDiscriminator, MLPEncoder, MLPGenerator
from ganbench.networks.representation_decoder import BranchedDecoder, ContextEncoder
from ganbench.networks.resnet import ResNetDiscriminator, ResNetGenerator
from ganbench.networks.simple_cnn import SimpleCNNDiscriminator, SimpleCNNGenerator
from ganbench.networks.sndcgan import SNDCGANDiscriminator, SNDCGANGenerator
from ganbench.networks.strideless_dcgan import StridelessDCGANDiscriminator, StridelessDCGANGenerator
from ganbench.networks.stylegan2 import StyleGAN2Discriminator, StyleGAN2Generator
from ganbench.networks.unet import UNetGenerator
from ganbench.networks.vector_heads import RepresentationGenerator, RepresentationReader, VectorMap
from ganbench.networks.vit import ViTDiscriminator, ViTGenerator

__all__ = [
    "BigGANGenerator",
    "BranchedDecoder",
    "CodeDecoder",
    "CodeEncoder",
    "CodeNetwork",
    "ContextEncoder",
    "ContrastiveGenerator",
    "DenseConvDiscriminator",
    "DenseConvGenerator",
    "DenseDCGANDiscriminator",
    "DenseDCGANGenerator",
    "DenseSAGANDiscriminator",
    "DenseSAGANGenerator",
    "DomainGenerator",
    "FixupResNetDiscriminator",
    "FixupResNetGenerator",
    "ImageToImageGenerator",
    "JointMLPDiscriminator",
    "MLPDiscriminator",
    "MLPEncoder",
    "MLPGenerator",
    "MaxoutDiscriminator",
    "PatchDiscriminator",
    "PatchProjector",
    "Predictor",
    "RepresentationGenerator",
    "RepresentationReader",
    "ResNetDiscriminator",
    "ResNetEncoder",
    "ResNetGenerator",
    "SNDCGANDiscriminator",
    "SNDCGANGenerator",
    "SimpleCNNDiscriminator",
    "SimpleCNNGenerator",
    "StridelessDCGANDiscriminator",
    "StridelessDCGANGenerator",
    "StyleGAN2Discriminator",
    "StyleGAN2Generator",
    "UNetGenerator",
    "VectorMap",
    "ViTDiscriminator",
    "ViTGenerator",
]
