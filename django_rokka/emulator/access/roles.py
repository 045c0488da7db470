"""Roles: what each allows, what it implies, and which one a route asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["READ_ONLY", "ROLES", "has_role", "required_role"]

_OF_READ = frozenset({"read", "sourceimages:read", "sourceimages:download:protected"})

_IMPLIED = {
    "read": _OF_READ,
    "write": frozenset({"write", *_OF_READ, "upload", "sourceimages:write", "billing:read"}),
    "upload": frozenset({"upload"}),
    "sourceimages:read": frozenset({"sourceimages:read"}),
    "sourceimages:write": frozenset({"sourceimages:write", "upload", "sourceimages:read"}),
    "sourceimages:download:protected": frozenset({"sourceimages:download:protected"}),
    "sourceimages:unlock": frozenset({"sourceimages:unlock"}),
    "billing:read": frozenset({"billing:read"}),
    "admin:read": frozenset({"admin:read", *_OF_READ}),
}

ROLES = frozenset({*_IMPLIED, "admin"})
"""All roles; ``admin`` implies every other."""

READ_ONLY = frozenset({"read", "upload", "sourceimages:read"})
"""Roles that keep a user away from API keys, whatever other roles there are."""


class _Rule(NamedTuple):
    methods: frozenset[str]
    path: re.Pattern[str]
    role: str


def _rule(methods: str, path: str, role: str) -> _Rule:
    return _Rule(frozenset(methods.split()), re.compile(path), role)


_READING = "GET"
_WRITING = "POST PUT PATCH DELETE"

# The first rule that fits counts. The paths are those of routes and not of requests, in which a
# line break, a slash or a percent sign could make a rule miss.
_RULES = (
    _rule("POST", r"/sourceimages/[^/]+", "upload"),
    _rule("PUT", r"/sourceimages/[^/]+/[^/]+/options/locked", "sourceimages:unlock"),
    # Copies are written to another organization: the endpoint of the copy asks for that.
    _rule("COPY", r"/sourceimages/[^/]+/[^/]+", "sourceimages:read"),
    _rule("POST", r"/sourceimages/[^/]+(?:/[^/]+)?/copy", "sourceimages:read"),
    _rule(_READING, r"/sourceimages/.+", "sourceimages:read"),
    _rule(_WRITING, r"/sourceimages/.+", "sourceimages:write"),
    _rule(_READING, r"/stacks/.+", "read"),
    _rule(_WRITING, r"/stacks/.+", "write"),
    _rule(
        _READING, r"/organizations/[^/]+/(?:memberships|sub_organizations)(?:/.*)?", "admin:read"
    ),
    _rule(_READING, r"/organizations/[^/]+", "read"),
    _rule(_WRITING, r"/organizations/[^/]+/.+", "admin"),
    _rule("POST", r"/utils/[^/]+/render/.+", "upload"),
    _rule("POST", r"/utils/[^/]+/sign_url", "sourceimages:download:protected"),
    _rule(_READING, r"/stats/[^/]+", "read"),
    _rule(_READING, r"/billing/[^/]+", "billing:read"),
)


def has_role(assigned: Iterable[str], role: str) -> bool:
    """Say whether assigned roles include or imply another one."""
    return any(given == "admin" or role in _IMPLIED.get(given, ()) for given in assigned)


def required_role(method: str, path: str) -> str | None:
    """Return the role that a route asks for in the organization of its path, if any."""
    for rule in _RULES:
        if method in rule.methods and rule.path.fullmatch(path):
            return rule.role
    return None
