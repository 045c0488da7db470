"""Lists and searches, and their files in one archive."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from werkzeug.exceptions import BadRequest, Forbidden
from werkzeug.wrappers import Response

from django_rokka.emulator.access.credentials import is_permitted
from django_rokka.emulator.errors import json_response
from django_rokka.emulator.files.archives import send_archive
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import Page, Position, Search

__all__ = ["download", "find_binary", "list_images"]

_MAX_LIMIT = 2000
_MAX_OFFSET = 10_000
_BINARY = "binaryHash"
_OPTIONS = frozenset({"limit", "offset", "sort", "operator", "deleted", "facets", _BINARY})
_OPERATORS = {"": False, "and": False, "or": True}


def list_images(services: Services, request: IncomingRequest, /, organization: str) -> Response:
    """List images, newest first, or search among them."""
    search = _read_search(services, request, organization)
    limit, offset, after = _read_place(request, search)
    page = services.image_lists.page(search, limit=limit, offset=offset or 0, after=after)
    data = _as_json(page)
    if request.args.get(_BINARY):
        return json_response(data)
    cursor = search.write_cursor(page.last)
    if offset is None:
        data["cursor"] = cursor
    data["links"] = _links(
        page,
        path=f"/sourceimages/{organization}?limit={limit}",
        limit=limit,
        offset=offset,
        cursor=cursor,
        is_behind=after is not None,
    )
    if names := [name for name in request.args.get("facets", "").split(",") if name.strip()]:
        data["facets"] = {
            name.strip(): services.image_lists.facets(search, name.strip()) for name in names
        }
    return json_response(data)


def find_binary(
    services: Services, _request: IncomingRequest, /, organization: str, binary_hash: str
) -> Response:
    """List the images of one binary."""
    search = Search.make(organization, conditions=[("binaryhash", binary_hash)])
    return json_response(_as_json(services.image_lists.page(search, limit=_MAX_LIMIT)))


def download(services: Services, request: IncomingRequest, /, organization: str) -> Response:
    """Send the files of a list as a zip archive."""
    search = _read_search(services, request, organization)
    limit, offset, after = _read_place(request, search)
    page = services.image_lists.page(search, limit=limit, offset=offset or 0, after=after)
    role = "sourceimages:download:protected"
    if any(image.protected for image in page.items) and not is_permitted(
        services, request.caller, organization, role
    ):
        raise Forbidden(
            f"The list has protected images, for which the role {role!r} is needed. Narrow the"
            " search, or ask an administrator of the organization for the role."
        )
    return send_archive(
        request,
        [(image.name, services.files.path(image.file_hash)) for image in page.items],
        name=f"{organization}.zip",
    )


def _read_search(services: Services, request: IncomingRequest, organization: str) -> Search:
    operator = request.args.get("operator", "")
    is_any = _OPERATORS.get(operator.lower())
    if is_any is None:
        raise BadRequest(f"operator is {operator[:100]!r}, must be 'or' or 'and'.")
    conditions = [
        (name, value) for name, value in request.args.items(multi=True) if name not in _OPTIONS
    ]
    if binary_hash := request.args.get(_BINARY):
        conditions.append(("binaryhash", binary_hash))
    return Search.make(
        organization,
        conditions=conditions,
        is_any=is_any,
        deleted_since=services.restorable_since() if request.flag("deleted") else None,
        sort=request.args.get("sort", ""),
    )


def _read_place(
    request: IncomingRequest, search: Search
) -> tuple[int, int | None, Position | None]:
    """Read how many images from where on: a number, or a position in a cursor."""
    limit = request.number("limit", 100, maximum=_MAX_LIMIT)
    text = request.args.get("offset", "")
    if not text:
        return limit, None, None
    if text.lstrip("-").isdigit():
        return limit, request.number("offset", 0, maximum=_MAX_OFFSET), None
    return limit, None, search.read_cursor(text)


def _as_json(page: Page) -> dict[str, Any]:
    return {"total": page.total, "items": [image.as_json() for image in page.items]}


def _links(
    page: Page, *, path: str, limit: int, offset: int | None, cursor: str, is_behind: bool
) -> dict[str, Any]:
    """Link the neighbouring pages; as with rokka, without the conditions of the search."""
    links = {}
    if limit and page.has_more:
        following = (offset or 0) + limit
        # Without a number, rokka counts as long as numbers reach to the end.
        is_counted = not is_behind and following <= _MAX_OFFSET
        if offset is None and page.total > _MAX_OFFSET:
            is_counted = False
        links["next"] = {"href": f"{path}&offset={following if is_counted else quote(cursor)}"}
    if limit and offset:
        back = max(0, offset - limit)
        links["prev"] = {"href": f"{path}&offset={back}" if back else path}
    return links
