"""The stack options, as GET /stackoptions shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django_rokka.emulator.schemas.values import (
    HEX_COLOUR,
    Schema,
    check_value,
    flag,
    integer,
    number,
    text,
)

__all__ = ["STACK_OPTIONS", "check_options"]

STACK_OPTIONS: Mapping[str, Schema] = {
    "autoformat": flag(default=False),
    "autoformat.exclude": text(default=None),
    "autoformat.include": text(values=["avif"], default=None),
    "dpr": number(1, 10, default=1),
    "jpg.quality": integer(1, 100, default=80),
    "webp.quality": integer(1, 100, default=80),
    "avif.quality": integer(1, 100, default=45),
    "png.compression_level": integer(0, 9, default=7),
    "transparency.color": text(HEX_COLOUR),
    "jpg.transparency.color": text(HEX_COLOUR, default="FFFFFF"),
    "content_disposition": text(values=["inline", "attachment"], default="inline"),
    "source_file": flag(default=False),
    "protected": flag(default=False),
    # These change how bytes are packed or fetched, not what the picture shows: taken, no effect.
    "optim.quality": integer(0, 10, default=5),
    "optim.disable_all": flag(default=False),
    "optim.immediate": flag(default=False),
    "optim.ttl_shared": integer(0, 2**31),
    "pngquant.quality": integer(10, 100, default=98),
    "gif.quality": integer(1, 100, default=70),
    "heif.quality": integer(1, 100, default=40),
    "jxl.quality": integer(1, 100, default=70),
    "jp2.quality": integer(1, 100, default=40),
    "av1.quality": integer(1, 100, default=70),
    "webm.quality": integer(1, 100, default=50),
    "mp4.quality": integer(1, 100, default=50),
    "interlacing.mode": text(values=["none", "line", "plane", "partition"], default="plane"),
    "remote_fullurl_allow": flag(default=False),
    "remote_basepath": text(r"https?://.*"),
    "jpg.transparency.autoformat": text(values=["true", "false", "png", "webp"], default="false"),
    "jpg.transparency.convert": flag(default=False),
    "basestack": text(r"[a-z0-9_-]+"),
    "timestamp": text(),
    "fps": integer(1, 25, default=10),
    "dpi": integer(10, 5000),
    "pdf.dpi": integer(10, 1000, default=200),
    "pdf.page": integer(1, 1000, default=1),
    "min_video_width": integer(0, 6000),
    "min_video_height": integer(0, 2200),
    "timing_origin": flag(default=False),
    "remote_fullurl_whitelist": {"type": "array", "items": {"type": "string"}},
}
"""The stack options that are known, as GET /stackoptions shows them."""


def check_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return stack options with typed values; refuse unknown names and values."""
    return {
        name: check_value(value, STACK_OPTIONS, name=name, owner="stack option")
        for name, value in options.items()
        if value is not None
    }
