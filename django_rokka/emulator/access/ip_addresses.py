"""Addresses: those that a key or a token is bound to, and those that are public."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from typing import Any

from werkzeug.exceptions import BadRequest

__all__ = [
    "is_address_in",
    "is_host",
    "is_network_in",
    "is_public_address",
    "is_public_host",
    "read_addresses",
]

_MAX_VALUES = 10
_MAX_ADDRESSES = 10_000
_HOST = re.compile(r"[A-Za-z0-9.:-]+")

# What leads to other addresses, or to this site only; Python's own lists differ by its version.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10"),
        *("192.0.0.0/24", "192.88.99.0/24"),
    )
)


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
    return any(given in ipaddress.ip_network(network, strict=False) for network in networks)


def is_network_in(network: str, networks: Iterable[str]) -> bool:
    """Say whether all addresses of an address or network are among addresses and networks."""
    given = ipaddress.ip_network(network, strict=False)
    return any(
        given[0] in around and given[-1] in around
        for around in (ipaddress.ip_network(each, strict=False) for each in networks)
    )


def is_host(host: str) -> bool:
    """Say whether a host is a plain name or address, which nobody on its way decodes further."""
    try:
        plain = host if ":" in host else host.encode("idna").decode()
    except UnicodeError:
        return False
    return _HOST.fullmatch(plain) is not None


def is_public_address(address: str) -> bool:
    """Say whether an address belongs to the internet, and to no network of one's own."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        # With a zone, which only addresses of one's own network have.
        return False
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    is_special = parsed.is_multicast or any(parsed in network for network in _NOT_PUBLIC)
    return parsed.is_global and not is_special


def is_public_host(host: str) -> bool:
    """Say whether a host has addresses, and all of them are public."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return all(is_public_address(str(item[4][0])) for item in found)


def _read_network(name: str, value: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        # Rokka's own example is the address of a host with the length of its network.
        network = ipaddress.ip_network(str(value), strict=False)
    except ValueError as error:
        raise BadRequest(
            f"{str(value)[:100]!r} in {name} is neither an address nor a network, like 192.0.2.0/24"
            " or 2001:db8::1."
        ) from error
    if network.version == 6 and network.num_addresses > 1:
        raise BadRequest(f"{value!r} in {name} is an IPv6 network; name single IPv6 addresses.")
    return network
