"""What devices and networks are taken to do in a plan: measured on this machine, stated for others.

The peaks of the stated devices are those of their makers' data sheets, dense, without sparsity: A100 80 GB SXM, H100
SXM, H200 SXM, L4, L40S. None of them was measured. The share of the peak that training reaches, the time lost per
update and the network are assumptions, named in every plan.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Bytes per second of 1 Gbit/s.
_GBIT = 1e9 / 8


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """A kind of device and the network between machines.

    Attributes:
        name: What a plan calls it.
        flops: Floating-point operations per second that training reaches on one device.
        update_seconds: Time of an update of a network apart from its operations, such as launches.
        devices: The devices of one machine.
        bandwidth: Bytes per second that a device sends to another one.
        latency: Seconds that a message takes.
        source: Where the numbers come from.
    """

    name: str
    flops: float
    update_seconds: float
    devices: int
    bandwidth: float
    latency: float
    source: str


_REACHED, _UPDATE_SECONDS, _LATENCY = 0.25, 1e-3, 20e-6


def _stated(name: str, teraflops: float, devices: int, gbit: float) -> Hardware:
    return Hardware(
        name=name,
        flops=teraflops * 1e12 * _REACHED,
        update_seconds=_UPDATE_SECONDS,
        devices=devices,
        bandwidth=gbit * _GBIT,
        latency=_LATENCY,
        source=(
            f"stated, not measured: {teraflops:g} TFLOP/s in bf16 by the data sheet, of which {_REACHED:.0%} is "
            f"assumed, {_UPDATE_SECONDS * 1e3:g} ms lost per update, {gbit:g} Gbit/s between machines for each device"
        ),
    )


#: Peaks in bf16. A machine with eight devices is assumed to share its network ports equally.
STATED: dict[str, Hardware] = {
    each.name: each
    for each in (
        _stated("a100", 312, 8, 100),
        _stated("h100", 989, 8, 200),
        _stated("h200", 989, 8, 200),
        _stated("l4", 121, 1, 25),
        _stated("l40s", 362, 8, 50),
    )
}
