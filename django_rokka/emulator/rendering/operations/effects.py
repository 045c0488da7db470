"""Operations that work on the neighbourhood of each pixel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django_rokka.emulator.rendering.operations.picture import Picture, Scene

__all__ = ["blur"]


def blur(picture: Picture, options: Mapping[str, Any], scene: Scene) -> Picture:
    """Blur with a Gaussian, whose sigma is in pixels of the picture at a dpr of 1."""
    sigma = (options.get("sigma", 4) or options.get("radius", 0) / 2) * scene.dpr
    if not sigma:
        return picture
    return picture.map(lambda frame: frame.gaussblur(sigma).cast("uchar"), subject=picture.subject)
