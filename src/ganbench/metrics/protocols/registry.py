"""The evaluation protocols by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ganbench.config.renamed import PROTOCOLS as RENAMED
from ganbench.config.renamed import current_name
from ganbench.errors import UserError, did_you_mean
from ganbench.metrics.protocols.base import EvaluationProtocol
from ganbench.metrics.protocols.published import CLEAN, GANS_IMPLEMENTATIONS, MIMICRY, STUDIOGAN

PROTOCOLS: Mapping[str, EvaluationProtocol] = MappingProxyType(
    {protocol.name: protocol for protocol in (CLEAN, GANS_IMPLEMENTATIONS, MIMICRY, STUDIOGAN)}
)


def find_protocol(name: str) -> EvaluationProtocol:
    """Return the protocol with this name. Raises UserError if there is none."""
    name = current_name(name, RENAMED)
    if name not in PROTOCOLS:
        raise UserError(f"there is no protocol '{name}'{did_you_mean(name, PROTOCOLS)}")
    return PROTOCOLS[name]
