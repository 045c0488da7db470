"""Prove that the magazine works: every page, every picture, and a logo that is replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from django.urls import reverse

from magazine.demo.browser import Browser, Page
from magazine.demo.gallery import Gallery
from magazine.demo.logo import check_logo
from magazine.demo.report import Report
from magazine.demo.tags import check_tags
from magazine.models import Article, Brand, Photo


@dataclass(frozen=True, kw_only=True)
class Expected:
    """How many pictures a page has: those of one size, and those with a `srcset`."""

    fixed: int
    responsive: int

    def __str__(self) -> str:
        return f"{self.fixed} of one size and {self.responsive} with srcset"


def check(address: str, *, user: str, password: str, say: Callable[[str], None]) -> bool:
    """Check the magazine at this address and print what was found; False when anything fails."""
    report = Report(say)
    browser = Browser(address)
    gallery = Gallery(browser)
    try:
        for page, expected in _open_pages(browser, report):
            _check_page(page, expected=expected, gallery=gallery, report=report)
        check_tags(browser, gallery, report)
        gaps = gallery.find_blind_spots()
        report.add("pictures", "each like its original", gallery.summary, gaps)
        _check_admin(browser, gallery, report, user=user, password=password)
        check_logo(browser, report)
    finally:
        browser.close()
    return report.close()


def _open_pages(browser: Browser, report: Report) -> list[tuple[Page, Expected]]:
    """Follow the links from the front page; say how many pictures each page has to show."""
    articles = [*Article.objects.all()]
    front = browser.open("/")
    heroes = sum(bool(article.hero) for article in articles)
    pages = [(front, Expected(fixed=1, responsive=heroes))]
    linked = {urlsplit(link).path for link in front.links}
    problems = [] if articles else ["there is no article"]
    for article in articles:
        path = article.get_absolute_url()
        if path not in linked:
            problems.append(f"no link to {path}")
        following = article.get_following()
        fixed = 1 + bool(following and following.hero)
        responsive = bool(article.hero) + article.photos.count()
        pages.append((browser.open(path), Expected(fixed=fixed, responsive=responsive)))
    report.add("front page", "links to all articles", f"{len(articles)} articles", problems)
    return pages


def _check_page(page: Page, *, expected: Expected, gallery: Gallery, report: Report) -> None:
    problems = _find_wrong_status(page)
    responsive = sum(bool(image.candidates) for image in page.images)
    found = Expected(fixed=len(page.images) - responsive, responsive=responsive)
    if found != expected:
        problems.append(f"{found} instead of {expected}")
    problems += gallery.check_stylesheets(page)
    before = gallery.count
    for image in page.images:
        problems += gallery.check_image(image)
    new = gallery.count - before
    report.add(page.path, "pictures as promised", f"{found}; {new} new renditions", problems)


def _check_admin(
    browser: Browser, gallery: Gallery, report: Report, *, user: str, password: str
) -> None:
    """Log in, and look at each list and at one form of each kind."""
    login = browser.open(reverse("admin:login") + "?next=" + reverse("admin:index"))
    report.add(login.path, "login page", "", [] if "password" in login.fields else ["no form"])
    index = browser.submit(login, username=user, password=password)
    is_inside = index.path == reverse("admin:index")
    report.add(index.path, "logged in", "", [] if is_inside else ["the login was refused"])
    for model in (Brand, Article, Photo):
        name = f"admin:magazine_{model._meta.model_name}"
        rows = [*model._default_manager.all()]
        _check_thumbnails(reverse(f"{name}_changelist"), len(rows), browser, gallery, report)
        for row in rows[:1]:
            path = reverse(f"{name}_change", args=[row.pk])
            _check_thumbnails(path, 1, browser, gallery, report)


def _check_thumbnails(
    path: str, expected: int, browser: Browser, gallery: Gallery, report: Report
) -> None:
    page = browser.open(path)
    problems = _find_wrong_status(page)
    # Django's own icons are not ours to judge.
    images = [image for image in page.images if "/static/" not in image.source]
    if len(images) < expected:
        problems.append(f"{len(images)} thumbnails, {expected} at least expected")
    for image in images:
        problems += gallery.check_image(image)
    report.add(path, "thumbnails", f"{len(images)} pictures", problems)


def _find_wrong_status(page: Page) -> list[str]:
    is_well = page.status == requests.codes.ok
    return [] if is_well else [f"status {page.status} instead of 200"]
