"""Who may look at an emulator and who may change how it behaves.

Without a key only people at this machine look, in a browser that was sent here by its own address:
a page of another site that lets its name point to this machine (DNS rebinding) has another Host.
"""

from __future__ import annotations

import ipaddress
import re

from werkzeug.exceptions import Forbidden

from django_rokka.emulator.credentials import authenticate
from django_rokka.emulator.incoming import IncomingRequest
from django_rokka.emulator.services import Services

__all__ = ["require_onlooker", "require_owner"]

_HOST = re.compile(r"(?:\[(?P<ipv6>[0-9a-f:]+)\]|(?P<name>[a-z0-9.-]+))(?::[0-9]+)?", re.IGNORECASE)
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")
"""What a reverse proxy adds: its client is not at this machine, although its connection is."""


def require_onlooker(services: Services, request: IncomingRequest) -> None:
    """Refuse who shows no key and is not at this machine; a key that is shown must be right."""
    if request.headers.get("Api-Key") or request.headers.get("Authorization"):
        require_owner(services, request)
    elif not (_is_loopback(request.address) and _is_local_host(request.host)):
        raise Forbidden(
            "Without a key this is for clients at 127.0.0.1, ::1 and localhost only. Show the key"
            " that the emulator was started with."
        )
    elif any(name in request.headers for name in _FORWARDED):
        raise Forbidden("Without a key nothing of this is shown through a proxy.")


def require_owner(services: Services, request: IncomingRequest) -> None:
    """Refuse every key but those that the emulator was started with."""
    if not authenticate(services, request).is_root:
        raise Forbidden("This is for the key that the emulator was started with.")


def _is_local_host(host: str) -> bool:
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    return host.partition(":")[0].lower() == "localhost" or _is_loopback(
        found["ipv6"] or found["name"]
    )


def _is_loopback(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback
