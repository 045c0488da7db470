"""Each tag as templates write it: its whole HTML, and every picture that it promises."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from io import BytesIO
from itertools import chain
from typing import NamedTuple

import pytest
import requests
from django.template import loader
from html5lib import HTMLParser
from PIL import Image
from pytest_django import DjangoAssertNumQueries, Settings

from django_rokka.testing import assert_no_rokka_calls

from tests.markup.gallery import Gallery
from tests.markup.snippets import SNIPPETS, render_django, render_jinja2
from tests.pages import find_elements

DISTINCT = list(dict.fromkeys(filter(None, SNIPPETS.values())))

TYPES = {
    "avif": "image/avif",
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
}
NOT_RENDERED = ("mp4", "webm")
"""What rokka makes of an animation, and the emulator says that it does not."""

PAGE = "<!DOCTYPE html><html lang=en><head>{head}<title>A page</title></head><body>{body}</body>"
IN_HEAD = ("<link", "<style")


class Promise(NamedTuple):
    """A URL in the HTML; ``width`` is ``None`` where nothing says it."""

    url: str
    width: float | None


def test_table__has_eighty_snippets_at_least() -> None:
    assert len(SNIPPETS) >= 80


@pytest.mark.parametrize("template", SNIPPETS)
def test_snippet__is_written_whole(template: str, gallery: Gallery) -> None:
    with assert_no_rokka_calls():
        assert render_django(template, gallery.get_context()) == gallery.write(SNIPPETS[template])


@pytest.mark.parametrize("template", SNIPPETS)
def test_snippet__is_the_same_in_jinja2(template: str, gallery: Gallery) -> None:
    with assert_no_rokka_calls():
        assert render_jinja2(template, gallery.get_context()) == gallery.write(SNIPPETS[template])


@pytest.mark.parametrize("template", SNIPPETS)
def test_snippet__is_what_the_templates_of_the_package_say(
    template: str, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "django_rokka.markup.overriding.find_template",
        lambda name: loader.get_template(f"django_rokka/{name}"),
    )
    written = render_django(template, gallery.get_context())
    assert written == gallery.write(SNIPPETS[template])


@pytest.mark.parametrize("snippet", DISTINCT)
def test_snippet__is_valid_html(snippet: str, gallery: Gallery) -> None:
    text = gallery.write(snippet)
    if not text.startswith("<"):
        text = f'<a href="{text}">A link</a>' if " " not in text else f'<img srcset="{text}">'
    is_head = text.startswith(IN_HEAD)
    page = PAGE.format(head=text if is_head else "", body="" if is_head else text)
    HTMLParser(strict=True).parse(page)


@pytest.mark.parametrize("snippet", [text for text in DISTINCT if "~" in text])
def test_snippet__keeps_what_it_promises(snippet: str, gallery: Gallery) -> None:
    promises = list(iter_promises(gallery.write(snippet)))
    assert promises
    for promise in promises:
        check(promise)


@pytest.mark.django_db
def test_snippets__ask_neither_the_database_nor_rokka(
    gallery: Gallery, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    context = gallery.get_context()
    with assert_no_rokka_calls(), django_assert_num_queries(0):
        for template in SNIPPETS:
            render_django(template, context)


def test_snippets__are_no_errors_under_debug(gallery: Gallery, settings: Settings) -> None:
    settings.DEBUG = True
    context = gallery.get_context()
    for template, snippet in SNIPPETS.items():
        written = render_django(template, context)
        if snippet or "empty." in template or "rokka_img" not in template:
            assert written == gallery.write(snippet)
        else:
            assert written.startswith('<strong class="rokka-missing">')


def iter_promises(text: str) -> Iterator[Promise]:
    """Yield each URL of a snippet with the width that its markup says."""
    if not text.startswith("<"):
        yield from _read_candidates(html.unescape(text), base=None)
        return
    for element in chain(*(find_elements(text, tag) for tag in ("img", "source", "link", "video"))):
        width = float(element["width"]) if "width" in element else None
        for name in ("src", "poster", "href"):
            if name in element:
                yield Promise(element[name], width)
        for name in ("srcset", "imagesrcset"):
            yield from _read_candidates(element.get(name, ""), base=width)
    for element in find_elements(text, "a"):
        yield Promise(element["href"], None)
    styles = [element.get("style", "") for element in find_elements(text, "div")]
    for style in [*styles, *re.findall("<style>(.*)</style>", text)]:
        for url in re.findall(r"url\((.*?)\)", html.unescape(style)):
            yield Promise(re.sub(r"\\([0-9a-f]{6})", lambda m: chr(int(m[1], 16)), url), None)


def _read_candidates(text: str, *, base: float | None) -> Iterator[Promise]:
    for candidate in filter(None, text.split(", ")):
        url, _, descriptor = candidate.partition(" ")
        number = float(descriptor[:-1]) if descriptor else 1
        if descriptor.endswith("w"):
            yield Promise(url, number)
        else:
            yield Promise(url, None if base is None else base * number)


def check(promise: Promise) -> None:
    """Fetch what a URL promises, as a browser that knows no better format than it names."""
    extension = promise.url.partition("?")[0].rpartition(".")[2]
    answer = requests.get(promise.url, headers={"Accept": "image/png,*/*;q=0.1"}, timeout=20)
    if extension in NOT_RENDERED:
        assert (answer.status_code, f"the format '{extension}'" in answer.text) == (501, True)
        return
    assert answer.status_code == 200, (promise, answer.text)
    assert answer.headers["Content-Type"] == TYPES[extension]
    if promise.width is None or extension == "svg":
        return
    width = Image.open(BytesIO(answer.content)).width
    # A stack whose own dpr is 2 gives its `src` two pixels to one of the page.
    density = 2 if "/fine/" in promise.url and "dpr" not in promise.url else 1
    assert abs(width - promise.width * density) <= 1, promise
