"""Draw the logo of the magazine: the word VALLEY in straight strokes, the sun in its V."""

from __future__ import annotations

import pyvips

LOGO_COLOURS = ("#d2552f", "#12857f")
"""The first logo's colour, and that of the one that replaces it."""

_STROKES = (
    "M26 26 L120 250 L214 26",  # V
    "M236 284 L330 60 L424 284",  # A
    "M480 47 V250 H580",  # L
    "M640 47 V250 H740",  # L
    "M900 60 H800 V250 H900 M800 155 H880",  # E
    "M924 26 L1030 160 L1136 26 M1030 150 V263",  # Y
)


def draw_logo(colour: str) -> bytes:
    """Draw the logo as a PNG with a clear background, 1150 by 300 pixels."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="1150" height="300">'
        '<clipPath id="band"><path d="M0 47 H1150 V263 H0 Z"/></clipPath>'
        '<g clip-path="url(#band)">'
        f'<path d="{" ".join(_STROKES)}" fill="none" stroke="{colour}" stroke-width="26"/></g>'
        f'<circle cx="120" cy="77" r="30" fill="{colour}"/></svg>'
    )
    return bytes(pyvips.Image.svgload_buffer(svg.encode()).pngsave_buffer())
