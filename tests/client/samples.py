"""Answers as rokka gives them."""

from __future__ import annotations

from hashlib import sha1
from typing import Any

HASH = "e551164763cdbabcd0b75b144f3f08112844a81f"

# Recorded in 2019, after setting a subject area.
RECORDED: dict[str, Any] = {
    "hash": HASH,
    "short_hash": "e55116",
    "binary_hash": "63a65da81cae86964e3369b4431b80252f9404b0",
    "created": "2019-12-10T10:45:32+00:00",
    "name": "schweiz.jpg",
    "mimetype": "image/svg+xml",
    "format": "svg",
    "size": 1202,
    "width": 104,
    "height": 97,
    "organization": "acme",
    "dynamic_metadata": {"subject_area": {"width": 50, "height": 50, "x": 100, "y": 100}},
    "opaque": False,
}

STACK: dict[str, Any] = {
    "name": "mystack",
    "organization": "acme",
    "created": "2019-12-10T09:13:53+00:00",
    "stack_operations": [{"name": "resize", "options": {"width": 100, "height": 100}}],
    "stack_options": {"jpg.quality": 77},
    "stack_expressions": [],
    "stack_variables": [],
}

BAD_KEY: dict[str, Any] = {
    "code": 403,
    "message": "API credentials are not supplied or not a valid format.",
    "invalid_authentication": True,
}


def uploaded(content: bytes, **members: Any) -> dict[str, Any]:
    """Return the answer to an upload of these bytes."""
    binary_hash = sha1(content, usedforsecurity=False).hexdigest()
    return {"total": 1, "items": [{**RECORDED, "binary_hash": binary_hash, **members}]}
