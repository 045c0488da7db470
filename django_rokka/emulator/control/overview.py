"""What the page shows of an organization. Nothing of it opens anything: no key, no signature."""

from __future__ import annotations

from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from django_rokka.emulator.access.budgets import count_invalidations
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.rendering.orders.order import read_order
from django_rokka.emulator.rendering.serving import serve_render
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import Search, StoredImage, StoredStack

__all__ = ["describe_organization", "serve_thumbnail"]

_IMAGES = 24
_STACKS = 200
_THUMBNAIL = "/dynamic/resize-width-360-height-360-upscale-false/{hash}.webp"


def describe_organization(services: Services, name: str) -> dict[str, Any]:
    """Return the names of all organizations, and what the page shows of one; or answer 404."""
    services.organization(name)
    page = services.image_lists.page(Search.make(name), limit=_IMAGES)
    return {
        "organization": name,
        "organizations": [organization.name for organization in services.organizations.all()],
        "budgets": count_invalidations(services, name),
        "total": page.total,
        "images": [_describe_image(image) for image in page.items],
        "stacks": [
            _describe_stack(stack) for stack in services.stacks.page(name, limit=_STACKS, offset=0)
        ],
    }


def serve_thumbnail(services: Services, request: IncomingRequest, place: str) -> Response:
    """Render ``<organization>/<hash>`` small; protected images stay so."""
    organization, _, digest = place.partition("/")
    if not (digest.isalnum() and digest.isascii()):
        raise NotFound(f"{place[:100]!r} is no thumbnail: ask for <organization>/<hash>.")
    response = serve_render(
        services,
        request,
        organization=organization,
        target=_THUMBNAIL.format(hash=digest),
        read=read_order,
    )
    if response.status_code == 200:
        response.headers["Cache-Control"] = "private, max-age=86400"
    return response


def _describe_image(image: StoredImage) -> dict[str, Any]:
    names = (
        *("hash", "short_hash", "name", "format", "mimetype", "size", "width", "height"),
        *("created", "opaque", "protected", "locked"),
    )
    return {name: getattr(image, name) for name in names}


def _describe_stack(stack: StoredStack) -> dict[str, Any]:
    definition = stack.definition
    return {
        "name": stack.name,
        "created": stack.created,
        "description": definition.get("description", ""),
        "operations": [operation["name"] for operation in definition["stack_operations"]],
        "protected": bool(definition["stack_options"].get("protected")),
    }
