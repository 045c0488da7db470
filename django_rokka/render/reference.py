"""The image reference: one short text that holds all that a page needs of an image."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from django_rokka.exceptions import InvalidAliasName, InvalidReference

__all__ = [
    "MAX_ALIAS_LENGTH",
    "MAX_LENGTH",
    "MAX_SLUG_LENGTH",
    "ImageReference",
    "check_alias_name",
    "has_alias_characters",
    "is_alias_name",
    "make_slug",
]

MAX_LENGTH = 100
"""Characters of a reference without its alias: Django's default for an ``ImageField`` column."""

MAX_SLUG_LENGTH = 60

MAX_ALIAS_LENGTH = 150
"""Characters of an alias; with them a reference always fits the column of a ``RokkaImage``."""

_FORMS = (
    "'<hash>[/-_<alias>_-][/protected][/<width>x<height>]/<slug>.<extension>', "
    "'<hash>.<extension>' or '<hash>', where a hash has 40 hexadecimal digits"
)
_LENIENT_FORMS = (
    _FORMS + "; also '<6 to 40 hexadecimal digits>[.<extension>]' and '-_<alias>_-[.<extension>]'"
)

_SLUG = rf"[a-z0-9-]{{1,{MAX_SLUG_LENGTH}}}"
_ALIAS = r"-_(?P<alias>[A-Za-z0-9_]+)_-"
_EXTENSION = r"\.(?P<extension>[a-z0-9]{2,5})"

_CANONICAL = re.compile(
    rf"(?P<hash>[0-9a-f]{{40}})(?:/{_ALIAS})?(?P<protected>/protected)?"
    rf"(?:/(?P<width>[1-9][0-9]{{0,5}})x(?P<height>[1-9][0-9]{{0,5}}))?"
    rf"/(?P<slug>{_SLUG}){_EXTENSION}"
)
_PLAIN = re.compile(rf"(?P<hash>[0-9a-f]{{40}})(?:{_EXTENSION})?")
_SHORT = re.compile(rf"(?P<hash>[0-9a-f]{{6,40}})(?:{_EXTENSION})?")
_ALIAS_ONLY = re.compile(rf"{_ALIAS}(?:{_EXTENSION})?")
_ALIAS_CHARACTERS = re.compile(r"[A-Za-z0-9_]+")
_SHOWN = 200
"""Characters of a refused name that its error repeats."""

# Slugs begin with a letter or a digit, here and wherever file names are tidied up, so what begins
# with a hyphen was made by from_file_name().
_MARK = "-"

# What a render URL may ask for by the original's own extension; all else is rendered as JPEG.
_RENDERED_AS_IS = frozenset({"jpg", "png", "gif", "webp", "avif", "svg"})


class ImageReference(NamedTuple):
    """An image at rokka, as a database column holds it.

    ``width`` and ``height`` are pixels, ``None`` when unknown. ``hash`` is empty only for a
    lenient alias form. An alias stands here once rokka has confirmed that it points at ``hash``.
    """

    hash: str
    width: int | None = None
    height: int | None = None
    slug: str = ""
    extension: str = ""
    alias: str = ""
    is_protected: bool = False

    @classmethod
    def parse(cls, text: str, *, lenient: bool = False) -> ImageReference:
        """Read a reference; raise ``InvalidReference`` for any other text.

        ``lenient`` also takes short hashes and alias-only forms. They are opt-in because
        ``20240315.jpg`` and ``facade.jpg`` are ordinary file names.
        """
        match = _CANONICAL.fullmatch(text)
        if match is not None:  # almost always, and for each image of a page
            image, alias, protected, width, height, slug, extension = match.groups(default="")
            across, down = (int(width), int(height)) if width else (None, None)
            return cls(image, across, down, slug, extension, alias, protected != "")
        match = _PLAIN.fullmatch(text)
        if match is None and lenient:
            match = _SHORT.fullmatch(text) or _ALIAS_ONLY.fullmatch(text)
        if match is None:
            forms = _LENIENT_FORMS if lenient else _FORMS
            raise InvalidReference(f"{text[:200]!r} is no image reference. Use {forms}.")
        found = match.groupdict()
        return cls(
            hash=found.get("hash") or "",
            extension=found.get("extension") or "",
            alias=found.get("alias") or "",
        )

    @classmethod
    def from_file_name(
        cls,
        file_name: str,
        *,
        hash: str,
        extension: str,
        width: int | None = None,
        height: int | None = None,
        is_protected: bool = False,
    ) -> ImageReference:
        """Make the reference of an uploaded image; its slug comes from the file's name.

        Without a size, such as a PDF's may be, a hyphen before the slug tells it from the files
        of others. Raise ``InvalidReference`` for a hash or an extension that could not be read
        again.
        """
        slug = make_slug(file_name)
        if not (width and height) and not is_protected:
            slug = f"{_MARK}{slug}"[:MAX_SLUG_LENGTH]
        reference = cls(hash, width, height, slug, extension.lower(), "", is_protected)
        return cls.parse(str(reference))

    def __str__(self) -> str:
        """Write the canonical form; what ``parse`` read comes out as it was."""
        if not self.hash:
            return f"-_{self.alias}_-{self._suffix}"
        head = f"/-_{self.alias}_-" if self.alias else ""
        tail = self._tail
        if not (head or tail or self.slug):
            return f"{self.hash}{self._suffix}"
        room = MAX_LENGTH - len(self.hash) - len(tail) - len("/") - len(self._suffix)
        slug = (self.slug or "image")[: min(room, MAX_SLUG_LENGTH)]
        return f"{self.hash}{head}{tail}/{slug}{self._suffix}"

    def fit(self, max_length: int) -> ImageReference:
        """Return a copy of at most ``max_length`` characters; only the slug gives way.

        Raise ``InvalidReference`` when not even a slug of one character has room.
        """
        excess = len(str(self)) - max_length
        if excess <= 0:
            return self
        written = ImageReference.parse(str(self))
        if excess >= len(written.slug):
            raise InvalidReference(
                f"'{self}' does not fit into {max_length} characters. Give the column at least"
                f" {MAX_LENGTH} characters (255 when it has an alias)."
            )
        return self._replace(slug=written.slug[:-excess])

    def by_alias(self, extension: str) -> ImageReference:
        """Return the reference that names the image by its alias alone.

        Its text has neither slug nor extension of the current file, or the link would change with
        it; the size stays, for the layout of the page.
        """
        return self._replace(hash="", slug="", extension=extension)

    @property
    def has_size(self) -> bool:
        """Whether width and height are known."""
        return bool(self.width and self.height)

    @property
    def is_unmistakable(self) -> bool:
        """Whether no other storage would have made this text for a file of its own.

        A hash alone may be the name of any file that is named by its checksum, and
        ``<hash>/beach.jpg`` that of a file in a folder named so.
        """
        is_marked = self.slug.startswith(_MARK)
        return self.has_size or self.is_protected or bool(self.alias) or is_marked

    @property
    def file_name(self) -> str:
        """The slug as a link shows it, without what marks it as ours."""
        return self.slug.removeprefix(_MARK)

    @property
    def format(self) -> str:
        """The format a render URL asks for: the image's own where browsers show it, else jpg."""
        return self.extension if self.extension in _RENDERED_AS_IS else "jpg"

    @property
    def _suffix(self) -> str:
        return f".{self.extension}" if self.extension else ""

    @property
    def _tail(self) -> str:
        protected = "/protected" if self.is_protected else ""
        size = f"/{self.width}x{self.height}" if self.has_size else ""
        return protected + size


def has_alias_characters(text: str) -> bool:
    """Say whether a text can be a part of an alias name: letters, digits and underscores."""
    return _ALIAS_CHARACTERS.fullmatch(text) is not None


def is_alias_name(text: str) -> bool:
    """Say whether this can be the name of an alias: rokka routes it, and a column holds it."""
    return has_alias_characters(text) and len(text) <= MAX_ALIAS_LENGTH


def check_alias_name(text: str) -> None:
    """Raise ``InvalidAliasName`` for what cannot be the name of an alias."""
    if not has_alias_characters(text):
        raise InvalidAliasName(
            f"{text[:_SHOWN]!r} is no alias name, and rokka would answer that there is none: use"
            " letters, digits and underscores only."
        )
    if not is_alias_name(text):
        raise InvalidAliasName(
            f"{text[:_SHOWN]!r} is no alias name: it has more than {MAX_ALIAS_LENGTH} characters."
            " Shorten it."
        )


def make_slug(file_name: str) -> str:
    """Reduce a file name to ``[a-z0-9-]{1,60}``, without its path and extension."""
    stem = re.split(r"[/\\]", file_name)[-1]
    if "." in stem.strip("."):
        stem = stem.rsplit(".", 1)[0]
    ascii_text = unicodedata.normalize("NFKD", stem.casefold()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_text)[:MAX_SLUG_LENGTH].strip("-")
    return slug or "image"
