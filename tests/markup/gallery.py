"""Images at an emulator, the rows that hold them, and all that the snippets speak of."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import quote

from django.core.files.base import ContentFile

from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage

from tests import pictures
from tests.testapp.models import Brand, Contract, Cover, Photo

SIGNING_KEY = "signingkey-of-the-tests-0123456789"
BLURHASH = "LEHV6nWB2yk8pyo0adR*.7kCMdnj"
MOMENT = datetime(2031, 5, 17, 10, 1, tzinfo=timezone.utc)
UNTIL = "2031-05-17T11:05:00.000Z"
"""An hour after the moment, on the next five minutes."""

_MARK = re.compile(r"~(?P<path>/[^\s\"~]*?)!SIGNED(?P<hour>-FOR-AN-HOUR)?(?P<css>-IN-CSS)?")


def _resize(**options: Any) -> dict[str, Any]:
    return {"name": "resize", "options": options}


def _crop(**options: Any) -> dict[str, Any]:
    return {"name": "crop", "options": options}


STACKS: dict[str, Any] = {
    "thumb": {"operations": [_resize(width=200)]},
    "content": {
        "operations": [{"name": "resize", "options": {}, "expressions": {"width": "$w"}}],
        "options": {"autoformat": True},
        "variables": {"w": 320, "title": ""},
    },
    "wide": {
        "operations": [
            {
                "name": "resize",
                "options": {"mode": "fill"},
                "expressions": {"width": "$w", "height": "$h"},
            },
            {"name": "crop", "options": {}, "expressions": {"width": "$w", "height": "$h"}},
        ],
        "variables": {"w": 320, "h": 120},
    },
    "banner": {
        "operations": [
            {
                "name": "resize",
                "options": {"mode": "fill"},
                "expressions": {"width": "$w", "height": "$w / 4"},
            },
            {"name": "crop", "options": {}, "expressions": {"width": "$w", "height": "$w / 4"}},
        ],
        "variables": {"w": 320},
    },
    "cropped": {
        "operations": [
            _resize(width=320, height=80, mode="fill"),
            _crop(width=320, height=80),
        ]
    },
    "square": {
        "operations": [
            _resize(width=160, height=160, mode="fill"),
            _crop(width=160, height=160),
        ]
    },
    "twice": {"operations": [_resize(width=200), {"name": "grayscale"}, _resize(width=150)]},
    "fine": {"operations": [_resize(width=200)], "options": {"dpr": 2}},
    "ratio": {"operations": [_crop(width=2, height=1, mode="ratio")]},
    "cutout": {"operations": [_crop(width=1, height=1, mode="area"), _resize(width=100)]},
    "grey": {"operations": [{"name": "grayscale", "options": {}}]},
}


class Gallery(NamedTuple):
    """The references of the images, by the word that stands for them in the snippets."""

    base: str
    images: dict[str, ImageReference]

    @classmethod
    def fill(cls, storage: RokkaStorage) -> Gallery:
        """Upload everything."""
        files = {
            "LAKE": ("the-lake.jpg", pictures.jpeg(width=640, height=360), {}),
            "TALL": ("tower.jpg", pictures.jpeg(width=360, height=640, colour="teal"), {}),
            "SMALL": ("stamp.png", pictures.png(width=120, height=80), {}),
            "DRAWING": ("logo.svg", pictures.svg(width=400, height=300), {}),
            "CLIP": ("clip.gif", pictures.gif(width=80, height=60, frames=3), {}),
            "SCAN": ("scan.png", pictures.png(width=640, height=360), {"is_protected": True}),
        }
        images = {
            word: storage.upload(name, ContentFile(content), **options)
            for word, (name, content, options) in files.items()
        }
        storage.client.aliases.create("brand_7_logo", images["LAKE"].hash)
        for name, definition in {**STACKS, "elsewhere": STACKS["thumb"]}.items():
            storage.client.stacks.create(name, definition)
        return cls(storage.get_render_base(), images)

    def write(self, text: str) -> str:
        """Write the HTML of a snippet: ``~`` is the host, a word its image, ``!`` a signature."""
        for word, reference in self.images.items():
            name = "" if reference.is_protected else f"/{reference.slug}"
            text = text.replace(f"{word}#", reference.hash).replace(word, reference.hash + name)
        return _MARK.sub(_sign, text).replace("~", self.base)

    def get_context(self) -> dict[str, Any]:
        """Return what templates know."""
        lake, tall, small, drawing, clip, scan = map(str, self.images.values())
        aliased = self.images["LAKE"]._replace(alias="brand_7_logo")
        bare = self.images["LAKE"]._replace(width=None, height=None)
        return {
            "photo": Photo(image=lake),
            "tall": Photo(image=tall),
            "small": Photo(image=small),
            "drawing": Photo(image=drawing),
            "clip": Photo(image=clip),
            "contract": Contract(scan=scan),
            "brand": Brand(pk=7, name="Acme", logo=str(aliased)),
            "cover": Cover(image=lake, caption='The "lake" & more', placeholder=BLURHASH),
            "bare_cover": Cover(image=lake),
            "empty": Photo(),
            "broken": Photo(image="uploads/holiday.jpg"),
            "text": lake,
            "bare": str(bare),
            "hostile": "\"'><script>alert(1)</script>\n\u202ejavascript:",
            "control": "a\0b\x1bc\ufffed\ud800e",
            "unicode": "Größe & 50 %",
            "zero": 0,
            "negative": -5,
            "slashes": "a/b-c",
            "json": {"a": [1, None]},
            "numbers": {"w": 80, "widths": [100, 200]},
            "names": {"@click": "open('x')", "x-on:load.once": "1", "class": "wide"},
            "true": True,
            "false": False,
            "none": None,
        }


def _sign(match: re.Match[str]) -> str:
    """Write a path with the signature that its mark stands for."""
    bare, _, query = match["path"].partition("?")
    if match["hour"]:
        options = quote(f'{{"until":"{UNTIL}"}}', safe="")
        query = f"{query}&sigopts={options}" if query else f"sigopts={options}"
    target = f"{bare}?{query}" if query else bare
    digest = sha256(f"{target}:{SIGNING_KEY}".encode()).hexdigest()[:16]
    written = f"~{target}{'&' if query else '?'}sig={digest}"
    return written.replace("&", r"\000026" if match["css"] else "&amp;")
