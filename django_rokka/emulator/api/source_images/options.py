"""Protection, lock, labels, descriptions and the cache of an image."""

from __future__ import annotations

import dataclasses
from typing import Any

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from django_rokka.emulator.access.accounts import require_paying
from django_rokka.emulator.access.budgets import spend_invalidation
from django_rokka.emulator.api.source_images.dynamic_metadata import answer_derived
from django_rokka.emulator.errors import json_response, shown
from django_rokka.emulator.files.descriptions import (
    describe_image,
    label_image,
    read_languages,
)
from django_rokka.emulator.http.incoming import IncomingRequest, read_flag
from django_rokka.emulator.services import Services, no_source_image
from django_rokka.emulator.store import StoredImage

__all__ = ["describe", "invalidate", "label", "lock", "protect"]


def protect(
    services: Services, request: IncomingRequest, /, organization: str, hash: str
) -> Response:
    """Protect an image or not, which gives it another hash: 201, or 204 if it is so already."""
    is_protected = read_flag("protected", request.lenient_json())
    derived = services.source_images.derive(
        organization,
        hash,
        lambda image: dataclasses.replace(image, protected=is_protected),
        previous_deleted=services.now() if request.flag("deletePrevious") else None,
    )
    if derived is None:
        raise no_source_image(organization, hash)
    return answer_derived(derived, with_link=True)


def lock(services: Services, request: IncomingRequest, /, organization: str, hash: str) -> Response:
    """Lock an image against deletion and changes of its user metadata, or unlock it."""
    is_locked = read_flag("locked", request.lenient_json())
    image = services.source_images.change(organization, hash, locked=is_locked)
    return _answer(image, organization, hash)


def label(
    services: Services, _request: IncomingRequest, /, organization: str, hash: str
) -> Response:
    """Store labels; they are placeholders, made of the image's name, format and shape."""
    require_paying(services, organization, "Automatic labelling")
    image = services.source_images.change_user_metadata(organization, hash, label_image)
    return _answer(image, organization, hash)


def describe(
    services: Services, request: IncomingRequest, /, organization: str, hash: str
) -> Response:
    """Store descriptions; they are placeholders, made of nothing but the image's name and size."""
    require_paying(services, organization, "Automatic description")
    data = request.json_object()
    languages = read_languages(data.get("languages"))
    force: Any = data.get("force", False)
    if not isinstance(force, bool):
        raise BadRequest(f"force is {shown(force)}, must be true or false.")
    image = services.source_images.change_user_metadata(
        organization, hash, lambda image: describe_image(image, languages, force=force)
    )
    return _answer(image, organization, hash)


def invalidate(
    services: Services, _request: IncomingRequest, /, organization: str, hash: str
) -> Response:
    """Spend one of the invalidations of source images."""
    services.source_image(organization, hash)
    return spend_invalidation(services, organization, "source_image")


def _answer(image: StoredImage | None, organization: str, hash: str) -> Response:
    if image is None:
        raise no_source_image(organization, hash)
    return json_response(image.as_json())
