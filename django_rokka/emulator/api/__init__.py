"""The HTTP API, one module per resource."""

from __future__ import annotations

from django_rokka.emulator.api import (
    accounts,
    aliases,
    api_keys,
    memberships,
    organizations,
    rendering_without_storing,
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
    *rendering_without_storing.ROUTES,
    *statistics.ROUTES,
    *accounts.ROUTES,
)
