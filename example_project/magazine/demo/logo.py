"""Replace the logo as a user does, and see whether its link for others follows."""

from __future__ import annotations

import io
import math
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.urls import reverse

from magazine.demo.browser import Browser
from magazine.demo.likeness import Answer, difference, is_like, open_original, read_answer
from magazine.demo.report import Report
from magazine.landscapes import LOGO_COLOURS, draw_logo
from magazine.models import Brand

_PATIENCE = 60
"""Seconds until the link has to show the new picture; rokka.io has to clear its CDN first."""


@dataclass(frozen=True, kw_only=True)
class Logo:
    """A file that can be put up as the logo."""

    name: str
    content: bytes


def check_logo(browser: Browser, report: Report) -> None:
    """Put up another logo through the admin, and then again the one that was there."""
    brand = Brand.objects.first()
    if brand is None or not brand.logo:
        report.add("logo", "replaced in the admin", "", ["there is no logo"])
        return
    reference = brand.logo.reference
    with brand.logo.open() as content:
        present = Logo(name=f"{reference.file_name}.{reference.extension}", content=content.read())
    drawn = (_draw(colour) for colour in LOGO_COLOURS)
    other = next(logo for logo in drawn if logo.content != present.content)
    _replace(browser, report, brand_id=brand.pk, old=present, new=other)
    _replace(browser, report, brand_id=brand.pk, old=other, new=present)


def _draw(colour: str) -> Logo:
    return Logo(name=f"logo-{colour.lstrip('#')}.png", content=draw_logo(colour))


def _replace(browser: Browser, report: Report, *, brand_id: int, old: Logo, new: Logo) -> None:
    link = browser.open("/").link_by_id["logo-for-others"]
    problems = _compare(read_answer(browser.fetch(link)), right=old, wrong=new)
    report.add("logo", "link for others", urlsplit(link).path, problems)

    hash_before = Brand.objects.get(pk=brand_id).logo.hash
    form = browser.open(reverse("admin:magazine_brand_change", args=[brand_id]))
    done = browser.submit(form, files={"logo": (new.name, io.BytesIO(new.content), "image/png")})
    is_saved = done.path == reverse("admin:magazine_brand_changelist")
    hash_after = Brand.objects.get(pk=brand_id).logo.hash
    problems = [] if is_saved and hash_after != hash_before else ["the form was not saved"]
    change = f"image {hash_before[:8]} became {hash_after[:8]}"
    report.add("logo", f"put up {new.name}", change, problems)

    front = browser.open("/")
    link_after = front.link_by_id["logo-for-others"]
    problems = [] if link_after == link else [f"it is {link_after} now"]
    report.add("logo", "link for others unchanged", urlsplit(link_after).path, problems)
    after = _wait_for(browser, link, right=new, wrong=old)
    found = _describe(after, right=new, wrong=old)
    report.add("logo", "its pixels are new", found, _compare(after, right=new, wrong=old))
    is_shown = any(f"/{hash_after}/" in image.source for image in front.images)
    problems = [] if is_shown else ["the front page still has the old picture"]
    report.add("logo", "own pages show it by hash", "", problems)


def _wait_for(browser: Browser, link: str, *, right: Logo, wrong: Logo) -> Answer:
    end = time.monotonic() + _PATIENCE
    answer = read_answer(browser.fetch(link))
    while _compare(answer, right=right, wrong=wrong) and time.monotonic() < end:
        time.sleep(2)
        answer = read_answer(browser.fetch(link))
    return answer


def _compare(answer: Answer, *, right: Logo, wrong: Logo) -> list[str]:
    if answer.picture is None:
        return [f"{problem}: {answer.address}" for problem in answer.problems]
    is_right = is_like(open_original(right.content), answer.picture)
    if is_right and _measure(answer, right) < _measure(answer, wrong):
        return []
    return [f"it does not show {right.name}: {_describe(answer, right=right, wrong=wrong)}"]


def _describe(answer: Answer, *, right: Logo, wrong: Logo) -> str:
    distances = (f"{_measure(answer, logo):.1f} from {logo.name}" for logo in (right, wrong))
    return f"off by {', '.join(distances)}"


def _measure(answer: Answer, logo: Logo) -> float:
    """Return how far the picture is from a logo; one that was not decoded is infinitely far."""
    if answer.picture is None:
        return math.inf
    return difference(open_original(logo.content), answer.picture)
