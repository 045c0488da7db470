"""``/stacks/{organization}``, ``/operations`` and ``/stackoptions``."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import BadRequest, Conflict, NotFound
from werkzeug.wrappers import Response

from django_rokka.emulator.access.budgets import spend_invalidation
from django_rokka.emulator.errors import json_response, shown
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.http.routing import Route
from django_rokka.emulator.schemas import (
    OPERATIONS,
    STACK_OPTIONS,
    check_operation,
    check_options,
    describe_options,
)
from django_rokka.emulator.schemas.missing import MISSING_SCHEMAS
from django_rokka.emulator.schemas.values import Schema
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredStack
from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import Operation, StackDefinition
from django_rokka.render.stacks import StackOperation

__all__ = ["ROUTES"]

_MAX_LIMIT = 2000
_MAX_OPERATIONS = 500
_PREVIEW = "_preview"
_CURSOR = "after-"
_SCHEMAS = {**OPERATIONS, **MISSING_SCHEMAS}


def put(services: Services, request: IncomingRequest, /, organization: str, name: str) -> Response:
    """Store a stack: 201 for a new one, 200 for another definition, 409 unless allowed."""
    _check_name(name)
    definition = _read_definition(request.lenient_json())
    is_protected = bool(definition["stack_options"].get("protected"))
    stored = StoredStack(organization, name, services.now(), definition)
    with services.database.transaction():
        known = services.stacks.find(organization, name)
        if known and is_protected and not known.definition["stack_options"].get("protected"):
            raise BadRequest(
                f"The stack {name!r} is not protected and cannot become so. Delete it first."
            )
        is_new = services.stacks.put(stored, overwrite=request.flag("overwrite"))
        if is_new is None:
            raise Conflict(f"The stack {name!r} exists already. Use ?overwrite=true to change it.")
    return json_response(stored.as_json(), 201 if is_new else 200)


def read(
    services: Services, _request: IncomingRequest, /, organization: str, name: str
) -> Response:
    """Read a stack."""
    stack = services.stacks.find(organization, name)
    if stack is None:
        raise NotFound(f"No stack {name!r} found in {organization!r}.")
    return json_response(stack.as_json(with_link=True))


def list_stacks(services: Services, request: IncomingRequest, /, organization: str) -> Response:
    """List stacks by name; while there are more, with a cursor to give as the next offset."""
    limit = request.number("limit", 100, maximum=_MAX_LIMIT)
    after = _read_cursor(request.args.get("offset", ""))
    stacks = services.stacks.page(
        organization,
        limit=limit + 1,
        offset=request.number("offset", 0, maximum=_MAX_LIMIT * 100) if after is None else 0,
        after=after or "",
    )
    items = stacks[:limit]
    data: dict[str, Any] = {"items": [stack.as_json() for stack in items]}
    if items and len(stacks) > limit:
        data["cursor"] = _CURSOR + base64.urlsafe_b64encode(items[-1].name.encode()).decode()
    return json_response(data)


def delete(
    services: Services, _request: IncomingRequest, /, organization: str, name: str
) -> Response:
    """Delete a stack."""
    if not services.stacks.delete(organization, name):
        raise NotFound(f"No stack {name!r} found in {organization!r}.")
    return Response(status=204)


def invalidate(
    services: Services, _request: IncomingRequest, /, organization: str, name: str
) -> Response:
    """Spend one of the invalidations of stacks."""
    if services.stacks.find(organization, name) is None:
        raise NotFound(f"No stack {name!r} found in {organization!r}.")
    return spend_invalidation(services, organization, "stack")


def list_operations(_services: Services, _request: IncomingRequest, /) -> Response:
    """Describe the operations, also those that stacks may have and that are not rendered."""
    return json_response(describe_options(_SCHEMAS))


def list_stack_options(_services: Services, _request: IncomingRequest, /) -> Response:
    """Describe the stack options."""
    return json_response({"properties": STACK_OPTIONS})


def _read_cursor(text: str) -> str | None:
    """Return the name behind which a page begins; ``None`` for an offset that is no cursor."""
    if not text.startswith(_CURSOR):
        return None
    try:
        return base64.urlsafe_b64decode(text[len(_CURSOR) :]).decode()
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"{text[:100]!r} is no cursor. Take the one of the answer.") from error


def _check_name(name: str) -> None:
    if name == "dynamic" or (name.startswith("_") and not name.startswith(_PREVIEW)):
        raise BadRequest(f"The stack name {name!r} is reserved. Choose another one.")


def _read_definition(data: Any) -> dict[str, Any]:
    """Check a definition and write it in the spelling of rokka's answers."""
    try:
        definition = StackDefinition.from_json(data)
    except InvalidRenderURL as error:
        raise BadRequest(str(error)) from error
    if len(definition.operations) > _MAX_OPERATIONS:
        raise BadRequest(
            f"The stack has {len(definition.operations)} operations; the emulator takes"
            f" {_MAX_OPERATIONS} at most."
        )
    for item in definition.operations:
        options = {**item.options, **dict.fromkeys(item.expressions)}
        check_operation(Operation(item.name, **options), is_complete=not item.expressions)
        _check_names(item)
        _check_arrays(item.options, _SCHEMAS[item.name]["properties"])
    check_options(definition.options)
    _check_arrays(definition.options, STACK_OPTIONS)
    for condition in definition.conditions:
        check_options({name: it for name, it in condition.options.items() if "$" not in str(it)})
    _check_source_file(definition)
    content = {"operations": data} if isinstance(data, list) else data
    written: dict[str, Any] = {
        "stack_operations": [_write_operation(item) for item in definition.operations],
        "stack_options": dict(definition.options),
        "stack_expressions": content.get("expressions") or content.get("stack_expressions") or [],
        "stack_variables": dict(definition.variables),
    }
    if definition.description:
        written["description"] = definition.description
    return written


def _check_names(item: StackOperation) -> None:
    """Refuse unknown options: where expressions set them, and of what is not rendered."""
    known = _SCHEMAS[item.name]["properties"]
    for name in (*item.options, *item.expressions):
        if name not in known:
            raise BadRequest(
                f"Unknown {item.name} option {name!r}, must be one of: {', '.join(sorted(known))}."
            )


def _check_arrays(options: Mapping[str, Any], schemas: Mapping[str, Schema]) -> None:
    """Refuse what is no array where one is needed; in a URL it would be a text."""
    for name, value in options.items():
        if value is not None and schemas[name]["type"] == "array" and not isinstance(value, list):
            raise BadRequest(f"{name} is {shown(value)}, must be an array.")


def _check_source_file(definition: StackDefinition) -> None:
    if not definition.options.get("source_file"):
        return
    if definition.operations or set(definition.options) - {"source_file", "protected"}:
        raise BadRequest(
            "A stack with the option source_file delivers the file as it is: leave out its"
            " operations and its other options."
        )


def _write_operation(item: StackOperation) -> dict[str, Any]:
    data: dict[str, Any] = {"name": item.name, "options": dict(item.options)}
    if item.expressions:
        data["expressions"] = dict(item.expressions)
    return data


_ALL = "/stacks/<org:organization>"
_ONE = f"{_ALL}/<stack:name>"

ROUTES: tuple[Route, ...] = (
    Route("GET", _ALL, list_stacks),
    Route("PUT", _ONE, put),
    Route("GET", _ONE, read),
    Route("DELETE", _ONE, delete),
    Route("DELETE", f"{_ONE}/cache", invalidate),
    Route("GET", "/operations", list_operations, is_public=True),
    Route("GET", "/stackoptions", list_stack_options, is_public=True),
)
