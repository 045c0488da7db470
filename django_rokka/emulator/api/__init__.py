"""The HTTP API, one module per resource."""

from __future__ import annotations

from django_rokka.emulator.api import aliases, organizations, source_images, stacks
from django_rokka.emulator.routing import Route

__all__ = ["ROUTES"]

ROUTES: tuple[Route, ...] = (
    *source_images.ROUTES,
    *aliases.ROUTES,
    *stacks.ROUTES,
    *organizations.ROUTES,
)
