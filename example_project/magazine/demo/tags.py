"""Look at the gallery of the tags: is each there, is its HTML what it says, at what cost."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from django_rokka.client import observe_calls
from django_rokka.templatetags.rokka import register

from magazine.demo.browser import Browser, Page, read_page
from magazine.demo.gallery import Gallery
from magazine.demo.report import Report
from magazine.samples import SAMPLES

_TAG = re.compile(r"rokka_\w+")
_QUERIES = 3
"""Two pictured articles, and the brand for the samples and for the masthead."""


def check_tags(browser: Browser, gallery: Gallery, report: Report) -> None:
    """Check the page of the tags, to which the front page links."""
    path = reverse("gallery")
    links = [link for link in browser.open("/").links if link.endswith(path)]
    page = browser.open(path)
    problems = [] if page.status == 200 and links else [f"status {page.status}, links: {links}"]
    problems += gallery.check_stylesheets(page)
    mentioned = {*_TAG.findall(" ".join(page.code_by_kind.values()))}
    problems += [f"{name} is not there" for name in sorted({*register.tags} - mentioned)]
    report.add(path, "each tag", f"{len(SAMPLES)} samples", problems)
    report.add(path, "HTML of each picture", "", _compare_html(page))
    _check_pictures(page, gallery, report)
    _check_cost(path, report)


def _compare_html(page: Page) -> Iterator[str]:
    """Compare the elements that are shown as text with those of the page."""
    said = read_page(page.address, page.code_by_kind["html"])
    images = page.images[1:]  # without the logo of the masthead
    for name, shown, told in (
        ("images", images, said.images),
        ("sources", page.sources, said.sources),
        ("preloads", page.preloads, said.preloads),
        ("backgrounds", page.backgrounds, said.backgrounds),
    ):
        if not shown or shown != told:
            yield f"{len(shown)} {name} are shown, and {len(told)} others are told of"


def _check_pictures(page: Page, gallery: Gallery, report: Report) -> None:
    problems: list[str] = []
    before = gallery.count
    for image in page.images:
        problems += gallery.check_image(image)
    for source in page.sources:
        problems += gallery.check_candidates(source)
    for address in page.backgrounds:
        problems += gallery.check_background(address)
    offered = [(image.candidates, image.sizes) for image in page.images]
    for preload in page.preloads:
        if (preload.candidates, preload.sizes) not in offered:
            problems.append("a preload is for no picture of the page")
    found = f"{len(page.images)} images, {len(page.sources)} sources"
    new = gallery.count - before
    report.add(page.path, "pictures as promised", f"{found}; {new} new renditions", problems)


def _check_cost(path: str, report: Report) -> None:
    with observe_calls() as calls, CaptureQueriesContext(connection) as queries:
        status = Client().get(path, headers={"host": "localhost"}).status_code
    problems = [f"asked rokka: {call.method} {call.path}" for call in calls]
    if status != 200 or len(queries) > _QUERIES:
        problems.append(f"status {status}, {len(queries)} queries instead of {_QUERIES}")
    report.add(path, "no calls, few queries", f"{len(queries)} queries", problems)
