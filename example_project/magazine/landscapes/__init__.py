"""Landscapes that no camera has seen: made of noise, lit by a low sun, the same at every run."""

from __future__ import annotations

from magazine.landscapes.catalogue import LANDSCAPES, Landscape, paint_all
from magazine.landscapes.logos import LOGO_COLOURS, draw_logo

__all__ = ["LANDSCAPES", "LOGO_COLOURS", "Landscape", "draw_logo", "paint_all"]
