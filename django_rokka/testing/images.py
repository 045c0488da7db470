"""Pictures for tests: real files of a known size and colour, made when they are asked for."""

from __future__ import annotations

import io

from django.core.files.uploadedfile import SimpleUploadedFile

__all__ = ["make_image"]

_MIMETYPES = {
    "avif": "image/avif",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
}


def make_image(
    name: str = "picture.jpg", *, width: int = 64, height: int = 48, colour: str = "tomato"
) -> SimpleUploadedFile:
    """Make a picture in the format of its name, to assign to a field or to post in a form.

    ``colour`` is a CSS name or ``#rrggbb``; another colour or size is another image at rokka.
    Raise ``ValueError`` for a format that is not made here.
    """
    extension = name.rpartition(".")[2].lower()
    if extension not in _MIMETYPES:
        known = ", ".join(sorted(_MIMETYPES))
        raise ValueError(f"{name!r} has no extension of a picture, must be one of: {known}.")
    if extension == "svg":
        content = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
            f'<rect width="{width}" height="{height}" fill="{colour}"/></svg>'
        ).encode()
    else:
        content = _paint(width, height, colour, extension=extension)
    return SimpleUploadedFile(name, content, content_type=_MIMETYPES[extension])


def _paint(width: int, height: int, colour: str, *, extension: str) -> bytes:
    from PIL import Image

    with io.BytesIO() as file:
        name = "jpeg" if extension == "jpg" else extension
        Image.new("RGB", (width, height), colour).save(file, name)
        return file.getvalue()
