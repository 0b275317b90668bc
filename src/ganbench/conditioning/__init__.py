"""How G and D receive labels or vectors; each is chosen independently of the networks and of the other."""

from ganbench.conditioning.auxiliary import ClassifierHead, ProxyHead
from ganbench.conditioning.base import DiscriminatorConditioning, GeneratorConditioning
from ganbench.conditioning.branches import LabelBranch, MaxoutBranch
from ganbench.conditioning.class_losses import ClassLoss, CrossEntropy, DataToData
from ganbench.conditioning.discriminator_output import DiscriminatorOutput
from ganbench.conditioning.late_concat import LateConcat
from ganbench.conditioning.norms import ClassNorm, VectorNorm
from ganbench.conditioning.one_hot import OneHot
from ganbench.conditioning.planes import LabelPlane, LabelPlanes
from ganbench.conditioning.projection import Projection

__all__ = [
    "ClassLoss",
    "ClassNorm",
    "ClassifierHead",
    "CrossEntropy",
    "DataToData",
    "DiscriminatorConditioning",
    "DiscriminatorOutput",
    "GeneratorConditioning",
    "LabelBranch",
    "LabelPlane",
    "LabelPlanes",
    "LateConcat",
    "MaxoutBranch",
    "OneHot",
    "Projection",
    "ProxyHead",
    "VectorNorm",
]
