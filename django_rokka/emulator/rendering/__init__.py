"""The render host: pictures made by libvips, and kept as files."""

from __future__ import annotations

from django_rokka.emulator.rendering.serving import serve_render

__all__ = ["serve_render"]
