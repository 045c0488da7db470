"""User metadata, on which the hash of an image does not depend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from django_rokka.emulator.errors import json_response
from django_rokka.emulator.files.metadata import (
    check_user_metadata,
    check_user_value,
    is_text_field,
    merge_user_metadata,
    user_field,
)
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.services import Services, no_source_image
from django_rokka.emulator.store import StoredImage

__all__ = ["clear", "delete_field", "merge", "put_field", "read", "read_field", "replace"]


def read(
    services: Services, _request: IncomingRequest, /, organization: str, hash: str
) -> Response:
    """Read all fields."""
    return json_response(services.source_image(organization, hash).user_metadata)


def replace(
    services: Services, request: IncomingRequest, /, organization: str, hash: str
) -> Response:
    """Put these fields in the place of all there were."""
    metadata = merge_user_metadata({}, check_user_metadata(request.json_object()))
    return _change(services, organization, hash, lambda _: metadata)


def merge(
    services: Services, request: IncomingRequest, /, organization: str, hash: str
) -> Response:
    """Set these fields; ``null`` takes one away."""
    metadata = check_user_metadata(request.json_object())
    return _change(
        services,
        organization,
        hash,
        lambda image: merge_user_metadata(image.user_metadata, metadata),
    )


def clear(
    services: Services, _request: IncomingRequest, /, organization: str, hash: str
) -> Response:
    """Take all fields away."""
    return _change(services, organization, hash, lambda _: {})


def read_field(
    services: Services, _request: IncomingRequest, /, organization: str, hash: str, field: str
) -> Response:
    """Read the value of one field."""
    key = user_field(field)
    metadata = services.source_image(organization, hash).user_metadata
    if key not in metadata:
        raise NotFound(f"The source image {hash} has no user metadata {field!r}.")
    return json_response(metadata[key])


def put_field(
    services: Services, request: IncomingRequest, /, organization: str, hash: str, field: str
) -> Response:
    """Set one field.

    Clients send texts as they are, without quotes: to a field of texts, ``42`` is a text as well.
    ``null`` takes the field away.
    """
    key = user_field(field)
    value = request.lenient_json()
    if is_text_field(key) and not isinstance(value, str | None):
        value = request.get_data(cache=True, as_text=True)
    metadata = {key: None if value is None else check_user_value(key, value)}
    return _change(
        services,
        organization,
        hash,
        lambda image: merge_user_metadata(image.user_metadata, metadata),
    )


def delete_field(
    services: Services, _request: IncomingRequest, /, organization: str, hash: str, field: str
) -> Response:
    """Take one field away; it need not be there."""
    key = user_field(field)
    return _change(
        services,
        organization,
        hash,
        lambda image: merge_user_metadata(image.user_metadata, {key: None}),
    )


def _change(
    services: Services,
    organization: str,
    hash: str,
    change: Callable[[StoredImage], dict[str, Any]],
) -> Response:
    image = services.source_images.change_user_metadata(organization, hash, change)
    if image is None:
        raise no_source_image(organization, hash)
    return Response(status=204)
