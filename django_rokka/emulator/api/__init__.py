"""The HTTP API, one module per resource."""

from __future__ import annotations

from django_rokka.emulator.api import (
    aliases,
    api_keys,
    memberships,
    organizations,
    rendering_without_storing,
    second_factors,
    signing,
    source_images,
    stacks,
    statistics,
    tokens,
    users,
)
from django_rokka.emulator.http.routing import Route

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
    *second_factors.ROUTES,
    *signing.ROUTES,
    *rendering_without_storing.ROUTES,
    *statistics.ROUTES,
)
