"""The page for people: files that ask ``/_emulator/overview`` for all that they show."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from werkzeug.wrappers import Response

__all__ = ["STATIC_FILES", "serve_static_file"]

_FOLDER = Path(__file__).parent / "static"

STATIC_FILES: Mapping[str, tuple[str, str]] = {
    "": ("page.html", "text/html"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}
"""The path below ``/_emulator``, the file and its type."""


def serve_static_file(name: str) -> Response:
    """Answer with one of the page's files."""
    file_name, mimetype = STATIC_FILES[name]
    return Response((_FOLDER / file_name).read_bytes(), content_type=f"{mimetype}; charset=utf-8")
