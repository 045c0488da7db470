"""Labels and descriptions as an image recognition would store them: placeholders.

They are made of what the row has and always the same for the same image; nothing looks at pixels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.errors import shown
from django_rokka.emulator.store import StoredImage

__all__ = ["LANGUAGES", "describe_image", "label_image", "read_languages"]

_WORD = re.compile(r"[^\W\d_]{3,}")
_MAX_WORDS = 5
_TEXTS = {
    "de": "Bild {name}, {width} × {height} Pixel",
    "en": "Image {name}, {width} × {height} pixels",
    "fr": "Image {name}, {width} × {height} pixels",
    "it": "Immagine {name}, {width} × {height} pixel",
}

LANGUAGES = tuple(_TEXTS)
"""Languages of descriptions."""


def label_image(image: StoredImage) -> dict[str, Any]:
    """Return the user metadata with labels: words of the name, the kind of file, the shape."""
    shapes = {-1: "portrait", 0: "square", 1: "landscape"}
    shape = shapes[(image.width > image.height) - (image.width < image.height)]
    words = _WORD.findall(Path(image.name).stem.casefold())[:_MAX_WORDS]
    labels = [*words, image.mimetype.partition("/")[0], image.format, shape]
    return {**image.user_metadata, "array:labels": list(dict.fromkeys(labels))}


def describe_image(image: StoredImage, languages: Iterable[str], *, force: bool) -> dict[str, Any]:
    """Return the user metadata with descriptions; with ``force``, also in place of older ones."""
    made = {
        f"text:auto_description_{language}": _TEXTS[language].format(
            name=image.name, width=image.width, height=image.height
        )
        for language in languages
    }
    return {**image.user_metadata, **made} if force else {**made, **image.user_metadata}


def read_languages(languages: Any) -> list[str]:
    """Return a list of languages, or answer 400."""
    if not isinstance(languages, list) or not languages:
        raise BadRequest(
            f"languages is {shown(languages)}, must be an array of some of: {', '.join(LANGUAGES)}."
        )
    for language in languages:
        if language not in LANGUAGES:
            raise BadRequest(
                f"Unknown language {shown(language)}, must be one of: {', '.join(LANGUAGES)}."
            )
    return languages
