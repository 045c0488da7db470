"""Operations that work on each pixel by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django_rokka.emulator.rendering.operations.picture import Picture, Scene

__all__ = ["grayscale", "noop"]


def grayscale(picture: Picture, _options: Mapping[str, Any], _scene: Scene) -> Picture:
    """Take the colour away."""
    return picture.map(
        lambda frame: frame.colourspace("b-w").colourspace("srgb"), subject=picture.subject
    )


def noop(picture: Picture, _options: Mapping[str, Any], _scene: Scene) -> Picture:
    """Change nothing."""
    return picture
