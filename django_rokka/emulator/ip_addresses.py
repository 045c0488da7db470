"""Addresses and networks that a key or a token is bound to."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from werkzeug.exceptions import BadRequest

__all__ = ["is_address_in", "read_addresses"]

_MAX_VALUES = 10
_MAX_ADDRESSES = 10_000


def read_addresses(name: str, values: Any) -> list[str]:
    """Check addresses and IPv4 networks, at most 10 and 10'000 addresses; or answer 400."""
    if not isinstance(values, list) or len(values) > _MAX_VALUES:
        raise BadRequest(f"{name} must be a list of at most {_MAX_VALUES} addresses and networks.")
    networks = [_read_network(name, value) for value in values]
    if sum(network.num_addresses for network in networks) > _MAX_ADDRESSES:
        raise BadRequest(
            f"{name} covers more than {_MAX_ADDRESSES} addresses. Name smaller networks."
        )
    return [str(value) for value in values]


def is_address_in(address: str, networks: Iterable[str]) -> bool:
    """Say whether an address is among addresses and networks."""
    given = ipaddress.ip_address(address)
    return any(given in ipaddress.ip_network(network) for network in networks)


def _read_network(name: str, value: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        network = ipaddress.ip_network(str(value))
    except ValueError as error:
        raise BadRequest(
            f"{str(value)[:100]!r} in {name} is neither an address nor a network, like 192.0.2.0/24"
            " or 2001:db8::1."
        ) from error
    if network.version == 6 and network.num_addresses > 1:
        raise BadRequest(f"{value!r} in {name} is an IPv6 network; name single IPv6 addresses.")
    return network
