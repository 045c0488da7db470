"""Who may look at an emulator and who may change how it behaves.

Without a key only people at this machine look, in a browser that was sent here by its own address:
a page of another site that lets its name point to this machine (DNS rebinding) has another Host.
"""

from __future__ import annotations

from werkzeug.exceptions import Forbidden

from django_rokka.emulator.access.credentials import authenticate
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.http.origins import is_forwarded, is_local_host, is_loopback
from django_rokka.emulator.services import Services

__all__ = ["require_onlooker", "require_owner"]


def require_onlooker(services: Services, request: IncomingRequest) -> None:
    """Refuse who shows no key and is not at this machine; a key that is shown must be right."""
    if request.headers.get("Api-Key") or request.headers.get("Authorization"):
        require_owner(services, request)
    elif not (is_loopback(request.address) and is_local_host(request.host)):
        raise Forbidden(
            "Without a key this is for clients at 127.0.0.1, ::1 and localhost only. Show the key"
            " that the emulator was started with."
        )
    elif is_forwarded(request.headers.keys()):
        raise Forbidden("Without a key nothing of this is shown through a proxy.")


def require_owner(services: Services, request: IncomingRequest) -> None:
    """Refuse every key but those that the emulator was started with."""
    if not authenticate(services, request).is_root:
        raise Forbidden("This is for the key that the emulator was started with.")
