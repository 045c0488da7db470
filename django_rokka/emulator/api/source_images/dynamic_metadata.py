"""Dynamic metadata, on which the hash of an image depends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response

from django_rokka.emulator.access.accounts import require_paying
from django_rokka.emulator.errors import json_response
from django_rokka.emulator.files.metadata import check_dynamic_value
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.services import Services, no_source_image
from django_rokka.emulator.store import Derived, StoredImage

__all__ = ["answer_derived", "delete", "put"]

_WARNING = '299 - "The hash was kept: caches may go on showing renders of the old metadata."'


def put(
    services: Services, request: IncomingRequest, /, organization: str, hash: str, name: str
) -> Response:
    """Set one dynamic metadata: 201 with the image that has it, or 204 if it was set so."""
    if name == "detection_face":
        require_paying(services, organization, "Detection of faces")
    value = check_dynamic_value(name, request.lenient_json())
    return _derive(
        services,
        request,
        organization,
        hash,
        lambda image: replace(image, dynamic_metadata={**image.dynamic_metadata, name: value}),
    )


def delete(
    services: Services, request: IncomingRequest, /, organization: str, hash: str, name: str
) -> Response:
    """Take one dynamic metadata away: 201 with the image that has it no more."""

    def without(image: StoredImage) -> StoredImage:
        if name not in image.dynamic_metadata:
            raise NotFound(
                f"The dynamic metadata {name[:100]!r} of the source image {image.hash} is not set."
            )
        left = {key: value for key, value in image.dynamic_metadata.items() if key != name}
        return replace(image, dynamic_metadata=left)

    return _derive(services, request, organization, hash, without)


def answer_derived(
    derived: Derived, *, with_link: bool = False, warning: str | None = None
) -> Response:
    """Answer 201 with the new image, or 204 when nothing changed; both say where it is."""
    image = derived.image
    headers = {"Location": f"/sourceimages/{image.organization}/{image.hash}"}
    if warning:
        headers["Warning"] = warning
    if derived.is_changed:
        return json_response(image.as_json(with_link=with_link), 201, **headers)
    return Response(status=204, headers=headers)


def _derive(
    services: Services,
    request: IncomingRequest,
    organization: str,
    hash: str,
    change: Callable[[StoredImage], StoredImage],
) -> Response:
    keeps_hash, deletes_previous = request.flag("keepHash"), request.flag("deletePrevious")
    if keeps_hash and deletes_previous:
        raise BadRequest(
            "keepHash and deletePrevious cannot both be true: with the same hash there is no"
            " previous image. Leave one of them out."
        )
    derived = services.source_images.derive(
        organization,
        hash,
        change,
        keeps_hash=keeps_hash,
        previous_deleted=services.now() if deletes_previous else None,
    )
    if derived is None:
        raise no_source_image(organization, hash)
    return answer_derived(derived, warning=_WARNING if keeps_hash else None)
