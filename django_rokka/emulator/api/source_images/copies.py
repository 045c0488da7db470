"""Copies of images in other organizations."""

from __future__ import annotations

import re

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from django_rokka.emulator.access.credentials import require_role
from django_rokka.emulator.errors import json_response, shown
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.http.routing import HASH
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredImage

__all__ = ["copy", "copy_many"]

_MAX_COPIES = 100
_NO = frozenset({"f", "false", "0"})


def copy(services: Services, request: IncomingRequest, /, organization: str, hash: str) -> Response:
    """Copy one image: 201, 204 when it replaced another, 412 when it must not."""
    destination, overwrite = _read_destination(services, request)
    image = services.source_image(organization, hash)
    _require_download(services, request, [image])
    is_new = services.source_images.copy(image, destination, overwrite=overwrite)
    if is_new is None:
        # Rokka's body is an empty object here, without a message.
        return json_response({}, 412)
    return json_response({}, 201) if is_new else Response(status=204)


def copy_many(services: Services, request: IncomingRequest, /, organization: str) -> Response:
    """Copy up to a hundred images and tell which ones were new, were there, were not found."""
    hashes = _read_hashes(request)
    destination, overwrite = _read_destination(services, request)
    done: dict[str, list[str]] = {"created": [], "existing": [], "notfound": []}
    found = [(given, services.source_images.find(organization, given)) for given in hashes]
    _require_download(services, request, [image for _, image in found if image is not None])
    for given, image in found:
        if image is None:
            done["notfound"].append(given)
            continue
        is_new = services.source_images.copy(image, destination, overwrite=overwrite)
        done["created" if is_new else "existing"].append(image.hash)
    return json_response(done)


def _read_destination(services: Services, request: IncomingRequest) -> tuple[str, bool]:
    destination = request.headers.get("Destination", "")
    if not destination or services.organizations.find(destination) is None:
        raise BadRequest(
            f"The destination {destination[:100]!r} is no organization. Send the name of one in the"
            " header Destination."
        )
    require_role(services, request.caller, destination, "sourceimages:write")
    return destination, request.headers.get("Overwrite", "T").lower() not in _NO


def _require_download(
    services: Services, request: IncomingRequest, images: list[StoredImage]
) -> None:
    """Refuse to copy a protected image for those who may not have its file."""
    for image in images:
        if image.protected:
            role = "sourceimages:download:protected"
            require_role(services, request.caller, image.organization, role)


def _read_hashes(request: IncomingRequest) -> list[str]:
    data = request.lenient_json()
    if not isinstance(data, list) or len(data) > _MAX_COPIES:
        raise BadRequest(
            f"The body is {shown(data)}, must be a JSON array of at most {_MAX_COPIES} hashes."
        )
    for item in data:
        if not isinstance(item, str) or not re.fullmatch(HASH, item):
            raise BadRequest(
                f"{shown(item)} is no hash, must be 6 to 40 of the characters 0-9 and a-f."
            )
    return data
