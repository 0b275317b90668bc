"""Layers that compute several networks of one architecture at once, each on its own rows.

The rows of all members are interleaved: row r belongs to member r % K. So what concatenates, splits or chunks batches
keeps every member's rows apart, and what computes on single samples needs no change.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrize


def interleave(members: Sequence[Tensor]) -> Tensor:
    """Join K tensors ``[N, ...]`` to ``[N * K, ...]``, where row r is a row of member r % K."""
    return torch.stack(list(members), 1).flatten(0, 1)


def by_member(rows: Tensor, members: int) -> Tensor:
    """Return the interleaved rows ``[N * K, ...]`` as ``[K, N, ...]``, a view."""
    return rows.reshape(-1, members, *rows.shape[1:]).transpose(0, 1)


def stack(tensors: Sequence[Tensor]) -> Tensor:
    """Return K tensors of one shape as ``[K, *shape]``, and make each of them a view of its part."""
    stacked = torch.stack([tensor.detach() for tensor in tensors])
    for tensor, part in zip(tensors, stacked, strict=True):
        tensor.data = part
    return stacked


class VectorizedLayer(nn.Module):
    """A layer of K members; takes interleaved rows ``[N * K, F]``, or ``[K, N, F]`` from a layer before it.

    Attributes:
        last: Whether the result is interleaved rows. Layers in the midst of a chain return ``[K, N, F]``, which saves
            copies.
    """

    last = True

    def __init__(self, members: int) -> None:
        super().__init__()
        self.members = members

    def forward(self, x: Tensor) -> Tensor:
        """Return the features of all members."""
        y = self.transform(x if x.dim() == 3 else by_member(x, self.members))
        return y.transpose(0, 1).flatten(0, 1) if self.last else y

    def transform(self, x: Tensor) -> Tensor:
        """Return ``[K, N, out]`` for ``[K, N, in]``."""
        raise NotImplementedError


class VectorizedLinear(VectorizedLayer):
    """K linear layers. The weights of the members become views of this layer's."""

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__(len(layers))
        self.weight = nn.Parameter(stack([layer.weight for layer in layers]))
        biases = [layer.bias for layer in layers if layer.bias is not None]
        self.bias = nn.Parameter(stack(biases)) if biases else None

    def transform(self, x: Tensor) -> Tensor:
        """Return ``x W^T + b`` of each member."""
        if self.bias is None:
            return torch.bmm(x, self.weight.transpose(1, 2))
        return torch.baddbmm(self.bias.unsqueeze(1), x, self.weight.transpose(1, 2))


class VectorizedBatchNorm(VectorizedLayer):
    """K batch norms, each with the statistics of its own member's rows."""

    def __init__(self, layers: Sequence[nn.BatchNorm1d]) -> None:
        super().__init__(len(layers))
        first = layers[0]
        self.eps, self.momentum = first.eps, first.momentum
        self.weight = self.bias = None
        if first.affine:
            self.weight = nn.Parameter(stack([layer.weight for layer in layers]))
            self.bias = nn.Parameter(stack([layer.bias for layer in layers]))
        for name in ("running_mean", "running_var", "num_batches_tracked"):
            self.register_buffer(name, stack([layer.get_buffer(name) for layer in layers]))

    def transform(self, x: Tensor) -> Tensor:
        """Return the normalised features of each member."""
        members, rows, features = x.shape
        mean, variance = self.get_buffer("running_mean"), self.get_buffer("running_var")
        if self.training:
            self.get_buffer("num_batches_tracked").add_(1)
        y = functional.batch_norm(
            x.transpose(0, 1).reshape(rows, members * features),
            mean.view(-1),
            variance.view(-1),
            None if self.weight is None else self.weight.flatten(),
            None if self.bias is None else self.bias.flatten(),
            self.training,
            self.momentum or 0.0,
            self.eps,
        )
        return y.view(rows, members, features).transpose(0, 1)


class VectorizedSpectralNorm(nn.Module):
    """The largest singular values of K weights ``[K, out, in]``, as torch's ``spectral_norm`` estimates them."""

    def __init__(self, norms: Sequence[nn.Module]) -> None:
        super().__init__()
        self.iterations, self.eps = int(norms[0].n_power_iterations), float(norms[0].eps)  # type: ignore[arg-type]
        for name in ("_u", "_v"):
            self.register_buffer(name, stack([norm.get_buffer(name) for norm in norms]))

    def forward(self, weight: Tensor) -> Tensor:
        """Return each weight divided by its largest singular value."""
        u, v = self.get_buffer("_u"), self.get_buffer("_v")
        if self.training:
            with torch.no_grad():
                for _ in range(self.iterations):
                    u.copy_(functional.normalize(_product(weight, v), dim=1, eps=self.eps))
                    v.copy_(functional.normalize(_product(weight.transpose(1, 2), u), dim=1, eps=self.eps))
        u, v = u.clone(), v.clone()  # later passes change them in place before this one's backward pass
        sigma = (u * _product(weight, v)).sum(1)
        return weight / sigma[:, None, None]


def _product(matrices: Tensor, vectors: Tensor) -> Tensor:
    """Return ``[K, out]`` for ``[K, out, in]`` and ``[K, in]``."""
    return torch.bmm(matrices, vectors.unsqueeze(2)).squeeze(2)


class VectorizedSpectralLinear(VectorizedLayer):
    """K linear layers with spectral norm."""

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__(len(layers))
        lists = [layer.get_submodule("parametrizations.weight") for layer in layers]
        self.bias = nn.Parameter(stack([layer.get_parameter("bias") for layer in layers]))
        self.original = nn.Parameter(stack([each.get_parameter("original") for each in lists]))
        self.norm = VectorizedSpectralNorm([each.get_submodule("0") for each in lists])

    def transform(self, x: Tensor) -> Tensor:
        """Return ``x (W / sigma)^T + b`` of each member."""
        weight: Tensor = self.norm(self.original)
        return torch.baddbmm(self.bias.unsqueeze(1), x, weight.transpose(1, 2))


def has_spectral_norm(layer: nn.Module) -> bool:
    """Say whether the layer is a linear one whose weight is divided by its largest singular value, and nothing else."""
    if not parametrize.is_parametrized(layer, "weight"):
        return False
    norms = layer.get_submodule("parametrizations.weight")
    return (
        isinstance(layer, nn.Linear)
        and len(list(norms.children())) == 1
        and hasattr(norms.get_submodule("0"), "_u")
    )
