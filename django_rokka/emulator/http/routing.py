"""From a method and a path to the function that answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from werkzeug.routing import BaseConverter, Map, Rule
from werkzeug.wrappers import Response

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.services import Services

__all__ = ["HASH", "Endpoint", "Route", "build_map", "missing"]

HASH = r"[0-9a-f]{6,40}"
"""The pattern of a hash, or of the beginning of one."""

Endpoint = Callable[..., Response]
"""What answers a request: it takes services and request, and the values of the path by name.

When it is called, the organization of its path exists and the caller has the role that the route
asks for there (``roles``).
"""


class Route(NamedTuple):
    """A method and a path of the API; public ones ask for no key."""

    method: str
    path: str
    endpoint: Endpoint
    is_public: bool = False


class _Organization(BaseConverter):
    regex = r"[a-z0-9-]+"


class _Hash(BaseConverter):
    regex = HASH


class _Alias(BaseConverter):
    # Other characters do not match the route: rokka answers 404 to them on every verb.
    regex = r"[a-zA-Z0-9_]+"


class _StackName(BaseConverter):
    regex = r"[A-Za-z0-9_-]+"


def build_map(routes: Iterable[Route]) -> Map:
    """Make werkzeug's map; a rule's endpoint is its whole route."""
    rules = [
        Rule(route.path, methods=[route.method], endpoint=route, strict_slashes=False)
        for route in routes
    ]
    converters = {"org": _Organization, "hash": _Hash, "alias": _Alias, "stack": _StackName}
    return Map(rules, converters=converters, merge_slashes=False)


def missing(method: str, path: str, what: str) -> Route:
    """Make a route that rokka has and the emulator has not: it says so with 501."""

    def refuse(_services: Services, _request: IncomingRequest, /, **_values: str) -> Response:
        raise Missing(what)

    return Route(method, path, refuse)
