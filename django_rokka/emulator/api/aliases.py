"""``/sourceimages/{organization}/alias``."""

from __future__ import annotations

import re

from werkzeug.exceptions import BadRequest, Conflict, NotFound
from werkzeug.wrappers import Response

from django_rokka.emulator.access.budgets import spend_invalidation
from django_rokka.emulator.errors import json_response
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.http.routing import HASH, Route
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredAlias

__all__ = ["ROUTES"]


def put(services: Services, request: IncomingRequest, /, organization: str, alias: str) -> Response:
    """Point an alias to an image: 201 for a new one, 200 for another hash, 409 unless allowed."""
    given = request.json_object().get("hash")
    if not isinstance(given, str) or not re.fullmatch(HASH, given):
        raise BadRequest(
            f"The hash of the alias {alias!r} is {str(given)[:100]!r}, must be 6 to 40 of the"
            ' characters 0-9 and a-f. Send {"hash": "..."}.'
        )
    image = services.source_image(organization, given)
    stored = StoredAlias(organization, alias, image.hash, services.now())
    with services.database.transaction():
        is_new = services.aliases.put(stored, overwrite=request.flag("overwrite"))
        if is_new is None:
            raise Conflict(f"The alias {alias!r} exists already. Use ?overwrite=true to change it.")
        data = _find(services, organization, alias).as_json()
    return json_response(data, 201 if is_new else 200)


def read(
    services: Services, _request: IncomingRequest, /, organization: str, alias: str
) -> Response:
    """Read where an alias points."""
    return json_response(_find(services, organization, alias).as_json())


def delete(
    services: Services, _request: IncomingRequest, /, organization: str, alias: str
) -> Response:
    """Delete an alias."""
    if not services.aliases.delete(organization, alias):
        raise _not_found(organization, alias)
    return Response(status=204)


def invalidate(
    services: Services, _request: IncomingRequest, /, organization: str, alias: str
) -> Response:
    """Spend one of the invalidations of aliases."""
    _find(services, organization, alias)
    return spend_invalidation(services, organization, "alias")


def _find(services: Services, organization: str, alias: str) -> StoredAlias:
    found = services.aliases.find(organization, alias)
    if found is None:
        raise _not_found(organization, alias)
    return found


def _not_found(organization: str, alias: str) -> NotFound:
    return NotFound(f"No alias {alias!r} found in {organization!r}.")


_ONE = "/sourceimages/<org:organization>/alias/<alias:alias>"

ROUTES: tuple[Route, ...] = (
    Route("PUT", _ONE, put),
    Route("GET", _ONE, read),
    Route("DELETE", _ONE, delete),
    Route("DELETE", f"{_ONE}/cache", invalidate),
)
