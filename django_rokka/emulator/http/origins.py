"""Where a request comes from: from this machine, by a proxy, from the page of another site."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Request

__all__ = ["is_forwarded", "is_local_host", "is_loopback", "refuse_other_sites"]

_HOST = re.compile(r"(?:\[(?P<ipv6>[0-9a-f:]+)\]|(?P<name>[a-z0-9.-]+))(?::[0-9]+)?", re.IGNORECASE)
_FORWARDED = re.compile(
    r"(?:x-forwarded-|cf-).*|forwarded|via|x-real-ip|(?:.*-)?client-ip", re.IGNORECASE
)
"""What a reverse proxy adds: its client is not at this machine, although its connection is."""


def is_forwarded(names: Iterable[str]) -> bool:
    """Say whether one of these headers is a proxy's."""
    return any(_FORWARDED.fullmatch(name) for name in names)


def is_loopback(address: str) -> bool:
    """Say whether an address is that of this machine."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


def is_local_host(host: str) -> bool:
    """Say whether the header Host names this machine by what is nobody else's name."""
    name = _name(host)
    return name == "localhost" or is_loopback(name)


def refuse_other_sites(request: Request, *, what: str) -> None:
    """Answer 403 to a browser's page that does not come from the emulator itself."""
    origin = request.headers.get("Origin")
    if origin is None:
        return
    # A name could be one that its owner lets point to this machine.
    is_own = is_local_host(request.host) or _is_address(_name(request.host))
    if not is_own or origin.lower() != f"{request.scheme}://{request.host}".lower():
        raise Forbidden(
            f"{what} is not for pages of {origin[:100]!r}: every page that this browser shows could"
            " do it. Do it from the command line, or in a program that sends no header Origin."
        )


def _name(host: str) -> str:
    found = _HOST.fullmatch(host)
    return (found["ipv6"] or found["name"]).lower() if found else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
