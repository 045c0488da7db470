"""``/sourceimages/{organization}``."""

from __future__ import annotations

from django_rokka.emulator.api.source_images.routes import ROUTES

__all__ = ["ROUTES"]
