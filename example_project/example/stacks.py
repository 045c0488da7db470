"""The stacks of the magazine: what rokka does to a picture on its way to a page.

This is the data that rokka's API takes; `manage.py demo` declares it there. A template chooses a
stack by name, and `{% rokka_img %}` sets the variable `w` for each width of its `srcset`.
"""

from __future__ import annotations

from typing import Any

STACKS: dict[str, dict[str, Any]] = {
    # The whole picture, as wide as asked for.
    "content": {
        "operations": [{"name": "resize", "expressions": {"width": "$w"}}],
        "options": {"autoformat": True, "jpg.quality": 85, "webp.quality": 88},
        "variables": {"w": 1200},
    },
    # Twice as wide as high, for the top of the front page.
    "hero": {
        "operations": [
            {
                "name": "resize",
                "options": {"mode": "fill"},
                "expressions": {"width": "$w", "height": "$h"},
            },
            {"name": "crop", "expressions": {"width": "$w", "height": "$h"}},
        ],
        "options": {"autoformat": True, "jpg.quality": 85, "webp.quality": 88},
        "variables": {"w": 1280, "h": "$w / 2"},
    },
    # Three to two, for the cards below it.
    "card": {
        "operations": [
            {
                "name": "resize",
                "options": {"mode": "fill"},
                "expressions": {"width": "$w", "height": "$h"},
            },
            {"name": "crop", "expressions": {"width": "$w", "height": "$h"}},
        ],
        "options": {"autoformat": True, "jpg.quality": 80, "webp.quality": 84},
        "variables": {"w": 480, "h": "$w * 2 / 3"},
    },
    # Four to five, for narrow screens.
    "portrait": {
        "operations": [
            {
                "name": "resize",
                "options": {"mode": "fill"},
                "expressions": {"width": "$w", "height": "$h"},
            },
            {"name": "crop", "expressions": {"width": "$w", "height": "$h"}},
        ],
        "options": {"autoformat": True, "jpg.quality": 80, "webp.quality": 84},
        "variables": {"w": 480, "h": "$w * 5 / 4"},
    },
    # One small size, for the way on to the next story.
    "thumb": {
        "operations": [
            {"name": "resize", "options": {"width": 320, "height": 240, "mode": "fill"}},
            {"name": "crop", "options": {"width": 320, "height": 240}},
        ],
        "options": {"autoformat": True},
    },
    # A box that any logo fits into; never larger than it was drawn.
    "logo": {
        "operations": [
            {"name": "resize", "options": {"width": 600, "height": 160, "upscale": False}}
        ],
        "options": {"autoformat": True},
    },
}
