"""Fetch every rendition of every picture once, and compare it with what was promised."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.db.models import Model
from PIL import Image

from django_rokka.fields import RokkaFieldFile

from magazine.demo.browser import Browser, ImageTag, Page
from magazine.demo.likeness import (
    Answer,
    difference,
    find_twins,
    is_flat,
    is_like,
    open_original,
    read_answer,
)
from magazine.models import Article, Brand, Photo

_HASH = re.compile(r"/([0-9a-f]{40})[/.]")
_ALIAS = re.compile(r"/-_([^/]+)_-\.")
_DPR = re.compile(r"/o-(?:[^/]*-)?dpr-([0-9.]+)")


class Gallery:
    """All pictures of the magazine: the originals, and each rendition that was fetched."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._answers: dict[str, Answer] = {}
        self._originals: dict[str, Image.Image] = {}
        self._stylesheets: dict[str, int] = {}
        self._files = {file.hash: file for file in _iter_files()}
        self._hashes = {file.alias: file.hash for file in _iter_files() if file.alias}

    @property
    def count(self) -> int:
        """How many renditions were fetched."""
        return len(self._answers)

    @property
    def summary(self) -> str:
        """How many originals and renditions there were, and how much of the latter."""
        volume = sum(answer.length for answer in self._answers.values()) / 1e6
        return f"{len(self._originals)} originals, {self.count} renditions, {volume:.1f} MB"

    def check_stylesheets(self, page: Page) -> Iterator[str]:
        """Fetch the style sheets of a page; yields what is wrong with them."""
        if not page.stylesheets:
            yield "there is no style sheet"
        for address in page.stylesheets:
            if address not in self._stylesheets:
                response = self._browser.fetch(address, accept="text/css")
                self._stylesheets[address] = response.status_code
            if self._stylesheets[address] != 200:
                yield f"status {self._stylesheets[address]} for {address}"

    def check_image(self, image: ImageTag) -> Iterator[str]:
        """Fetch all that an `<img>` offers; yields what is wrong with it."""
        if image.alt is None:
            yield f"no alt attribute: {image.source}"
        if image.candidates and not image.sizes and not image.is_by_density:
            yield f"srcset without sizes: {image.source}"
        yield from self._check(image.source, width=image.width, height=image.height)
        yield from self.check_candidates(image)

    def check_candidates(self, image: ImageTag) -> Iterator[str]:
        """Fetch the candidates of an `<img>` or a `<source>`; yields what is wrong with them."""
        for width, address in image.candidates:
            yield from self._check(address, width=width, like=image)
            found = self._answers[address].type
            if image.type and found != image.type:
                yield f"{found} in a source of {image.type}: {address}"

    def check_background(self, address: str) -> Iterator[str]:
        """Fetch a picture behind text; yields what is wrong with it."""
        yield from self._check(address, width=None)

    def find_blind_spots(self) -> list[str]:
        """Return what would let a wrong picture pass for the right one."""
        twins = find_twins(self._originals.items())
        unseen = sorted(set(self._files) - set(self._originals))
        return [
            *(f"{one} looks like {other}" for one, other in twins),
            *(f"{name} is on no page" for name in unseen),
        ]

    def _check(
        self,
        address: str,
        *,
        width: int | None,
        height: int | None = None,
        like: ImageTag | None = None,
    ) -> Iterator[str]:
        if address not in self._answers:
            self._answers[address] = read_answer(self._browser.fetch(address))
        answer = self._answers[address]
        problems = [*answer.problems]
        if answer.picture is not None:
            problems += _compare_size(answer, width=width, height=height, like=like)
            problems += self._compare_pixels(address, answer.picture)
        yield from (f"{problem}: {address}" for problem in problems)

    def _compare_pixels(self, address: str, picture: Image.Image) -> Iterator[str]:
        match, named = _HASH.search(address), _ALIAS.search(address)
        name = self._hashes.get(named[1]) if named else match and match[1]
        file = self._files.get(name or "")
        if file is None:
            yield "belongs to no row"
            return
        if file.hash not in self._originals:
            with file.storage.open(file.name or "") as content:
                self._originals[file.hash] = open_original(content.read())
        original = self._originals[file.hash]
        if is_flat(picture) and not is_flat(original):
            yield "is of one colour"
        if not is_like(original, picture):
            yield f"does not look like {file.name} (off by {difference(original, picture):.0f})"


def _compare_size(
    answer: Answer, *, width: int | None, height: int | None, like: ImageTag | None
) -> Iterator[str]:
    # A candidate says its own pixels.
    density = None if like else _DPR.search(answer.address)
    scale = float(density[1]) if density else 1.0
    for actual, promised, side in zip(answer.size, (width, height), ("wide", "high"), strict=True):
        # A drawing has any size. On dense screens a pixel of the page is several of the picture,
        # and one may be rounded.
        if promised and not answer.is_vector and abs(actual - promised * scale) > scale - 1:
            yield f"{actual} px {side}, {promised * scale:g} promised"
    if like and like.width and like.height:
        wanted = answer.size[0] * like.height / like.width
        # Both heights are rounded to whole pixels.
        if abs(answer.size[1] - wanted) > 1 + answer.size[0] / like.width:
            ratio = f"{like.width}x{like.height}"
            yield f"{answer.size[0]}x{answer.size[1]} has another ratio than {ratio}"


def _iter_files() -> Iterator[RokkaFieldFile]:
    columns: tuple[tuple[type[Model], str], ...] = (
        (Brand, "logo"),
        (Article, "hero"),
        (Photo, "image"),
    )
    for model, column in columns:
        for row in model._default_manager.all():
            file: RokkaFieldFile = getattr(row, column)
            if file:
                yield file
