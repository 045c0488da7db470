"""``/_albums/{album}/all.json`` of the render host: images that their user metadata put there."""

from __future__ import annotations

import re
from urllib.parse import unquote

from werkzeug.wrappers import Response

from django_rokka.emulator.errors import Missing, json_response
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.services import Services

__all__ = ["serve_album"]

_ALBUM = re.compile(r"/_albums/(?P<name>[^/?]+)/(?P<list>all|favorites)\.json(?:\?.*)?")


def serve_album(
    services: Services, _request: IncomingRequest, *, organization: str, target: str
) -> Response | None:
    """Answer the raw path of an album; return ``None`` for every other one."""
    asked = _ALBUM.fullmatch(target)
    if asked is None:
        return None
    services.organization(organization)
    if asked["list"] == "favorites":
        raise Missing("the favorites of albums")
    items = services.statistics.album(organization, unquote(asked["name"]))
    return json_response({"items": [item._asdict() for item in items]})
