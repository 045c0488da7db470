"""The HTTP API, one module per resource."""

from __future__ import annotations

from django_rokka.emulator.api import (
    aliases,
    api_keys,
    memberships,
    organizations,
    signing,
    source_images,
    stacks,
    statistics,
    tokens,
    users,
)
from django_rokka.emulator.routing import Route

__all__ = ["ROUTES"]

ROUTES: tuple[Route, ...] = (
    *source_images.ROUTES,
    *aliases.ROUTES,
    *stacks.ROUTES,
    *organizations.ROUTES,
    *memberships.ROUTES,
    *users.ROUTES,
    *api_keys.ROUTES,
    *tokens.ROUTES,
    *signing.ROUTES,
    *statistics.ROUTES,
)
