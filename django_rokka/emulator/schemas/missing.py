"""The operations that rokka has and the emulator has not: stacks may have them all the same."""

from __future__ import annotations

from collections.abc import Mapping

from django_rokka.emulator.schemas.values import Schema, flag, integer, number, text

__all__ = ["MISSING_SCHEMAS"]

_HASH = r"[0-9a-f]{6,40}"
_ENABLED = {"enabled": flag(default=True)}
_NOTE = "The emulator stores it and answers 501 where it would be rendered."

MISSING_SCHEMAS: Mapping[str, Schema] = {
    "primitive": {
        "properties": {
            "count": integer(1, 200, default=20),
            "mode": integer(0, 9, default=0),
            **_ENABLED,
        },
        "description": f"Draw with geometric shapes. {_NOTE}",
    },
    "addframes": {
        "properties": {
            "delay": integer(0, 1000, default=10),
            "frames": text(),
            **_ENABLED,
        },
        "description": f"Add frames to an animation. {_NOTE}",
    },
    "face": {
        "properties": {
            "secondary_image": text(_HASH),
            "leftFeature": text(),
            "rightFeature": text(),
            "anchor": text(default="center_center"),
            "scale": number(0, 1000, default=1.0),
            **_ENABLED,
        },
        "required": ["secondary_image", "leftFeature", "rightFeature"],
        "description": f"Put a picture on a face. {_NOTE}",
    },
}
"""Their descriptions, by which stacks are checked."""
