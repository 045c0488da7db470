"""``/sourceimages/{organization}`` (API.md 2.1)."""

from __future__ import annotations

from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from django_rokka.emulator.errors import Missing, json_response
from django_rokka.emulator.incoming import IncomingRequest
from django_rokka.emulator.routing import Route, missing
from django_rokka.emulator.sending import send_stored_file
from django_rokka.emulator.services import Services
from django_rokka.emulator.uploads import store_uploads

__all__ = ["ROUTES"]

_MAX_LIMIT = 2000
_MAX_OFFSET = 10_000
_LIST_PARAMETERS = frozenset({"limit", "offset", "sort", "binaryHash", "binaryhash"})


def create(services: Services, request: IncomingRequest, /, organization: str) -> Response:
    """Upload files."""
    services.organization(organization)
    images = store_uploads(services, request, organization=organization)
    return json_response({"total": len(images), "items": [image.as_json() for image in images]})


def list_images(services: Services, request: IncomingRequest, /, organization: str) -> Response:
    """List images, newest first, or those of one binary."""
    services.organization(organization)
    _refuse_search(request)
    limit = request.number("limit", 100, maximum=_MAX_LIMIT)
    offset = request.number("offset", 0, maximum=_MAX_OFFSET)
    binary_hash = request.args.get("binaryHash") or request.args.get("binaryhash")
    page = services.source_images.page(
        organization, limit=limit, offset=offset, binary_hash=binary_hash
    )
    data: dict[str, Any] = {
        "total": page.total,
        "items": [image.as_json() for image in page.items],
    }
    if binary_hash is None:
        data["links"] = _links(organization, limit=limit, offset=offset, total=page.total)
    return json_response(data)


def read(services: Services, request: IncomingRequest, /, organization: str, hash: str) -> Response:
    """Read one image."""
    services.organization(organization)
    image = services.source_image(organization, hash, with_deleted=request.flag("deleted"))
    return json_response(image.as_json())


def download(
    services: Services, request: IncomingRequest, /, organization: str, hash: str
) -> Response:
    """Send the bytes that were uploaded."""
    services.organization(organization)
    image = services.source_image(organization, hash)
    return send_stored_file(
        request,
        services.files.path(image.binary_hash),
        mimetype=image.mimetype,
        name=image.name,
        etag=image.binary_hash,
        is_attachment=True,
    )


def delete(
    services: Services, _request: IncomingRequest, /, organization: str, hash: str
) -> Response:
    """Delete one image; its binary stays, so that it can be restored."""
    services.organization(organization)
    if not services.source_images.mark_deleted(organization, hash, date=services.now()):
        raise NotFound(f"No source image found with the hash {hash!r} in {organization!r}.")
    return Response(status=204)


def _refuse_search(request: IncomingRequest) -> None:
    conditions = sorted(set(request.args) - _LIST_PARAMETERS)
    if conditions:
        raise Missing(f"search (parameter {conditions[0]!r})")
    if request.args.get("sort", "created desc") != "created desc":
        raise Missing(f"sorting by {request.args['sort']!r}")


def _links(organization: str, *, limit: int, offset: int, total: int) -> dict[str, Any]:
    links = {}
    path = f"/sourceimages/{organization}?limit={limit}"
    if limit and offset + limit < total:
        links["next"] = {"href": f"{path}&offset={offset + limit}"}
    if limit and offset:
        back = max(0, offset - limit)
        links["prev"] = {"href": f"{path}&offset={back}" if back else path}
    return links


_ALL = "/sourceimages/<org:organization>"
_ONE = f"{_ALL}/<hash:hash>"

ROUTES: tuple[Route, ...] = (
    Route("POST", _ALL, create),
    Route("GET", _ALL, list_images),
    Route("GET", _ONE, read),
    Route("GET", f"{_ONE}/download", download),
    Route("DELETE", _ONE, delete),
    missing("DELETE", _ALL, "deleting by binary hash"),
    missing("GET", f"{_ALL}/download", "the download of a list as a zip file"),
    missing("POST", f"{_ALL}/copy", "copying images"),
    missing("COPY", _ONE, "copying images"),
    missing("POST", f"{_ONE}/copy", "copying images"),
    missing("POST", f"{_ONE}/restore", "restoring images"),
    missing("PUT", f"{_ONE}/name", "renaming images"),
    missing("PUT", f"{_ONE}/options/<name>", "changing the options of an image"),
    missing("POST", f"{_ONE}/autolabel", "automatic labels"),
    missing("POST", f"{_ONE}/autodescription", "automatic descriptions"),
    missing("DELETE", f"{_ONE}/cache", "the invalidation of an image"),
    *(
        missing(method, f"{_ONE}/meta/dynamic/<name>", "changing dynamic metadata")
        for method in ("PUT", "DELETE")
    ),
    *(
        missing(method, f"{_ONE}/meta/user{field}", "reading and changing user metadata")
        for method in ("GET", "PUT", "PATCH", "DELETE")
        for field in ("", "/<field>")
    ),
)
