"""Prove that the magazine works: every page, every picture, and a logo that is replaced."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.urls import reverse

from magazine.demo.browser import Browser, Page
from magazine.demo.gallery import Gallery
from magazine.demo.logo import check_logo
from magazine.demo.report import Report
from magazine.models import Article, Brand, Photo


def check(address: str, *, user: str, password: str, say: Callable[[str], None]) -> bool:
    """Check the magazine at this address and print what was found; False when anything fails."""
    report = Report(say)
    browser = Browser(address)
    gallery = Gallery(browser)
    try:
        for page, expected in _open_pages(browser, report):
            _check_page(page, expected=expected, gallery=gallery, report=report)
        gaps = gallery.find_blind_spots()
        report.add("pictures", "each like its original", gallery.summary, gaps)
        _check_admin(browser, gallery, report, user=user, password=password)
        check_logo(browser, report)
    finally:
        browser.close()
    return report.close()


def _open_pages(browser: Browser, report: Report) -> list[tuple[Page, int]]:
    """Follow the links from the front page; say how many pictures each page has to show."""
    articles = {article.get_absolute_url(): article for article in Article.objects.all()}
    front = browser.open("/")
    pages = [(front, 1 + sum(bool(article.hero) for article in articles.values()))]
    linked = {urlsplit(link).path for link in front.links}
    missing = [f"no link to {path}" for path in articles if path not in linked]
    if not articles:
        missing.append("there is no article")
    report.add("front page", "links to all articles", f"{len(articles)} articles", missing)
    for path, article in articles.items():
        expected = 1 + bool(article.hero) + article.photos.count()
        pages.append((browser.open(path), expected))
    return pages


def _check_page(page: Page, *, expected: int, gallery: Gallery, report: Report) -> None:
    problems = []
    if page.status != 200:
        problems.append(f"status {page.status} instead of 200")
    if len(page.images) != expected:
        problems.append(f"{len(page.images)} pictures instead of {expected}")
    problems += gallery.check_stylesheets(page)
    before = gallery.count
    for image in page.images:
        problems += gallery.check_image(image)
    found = f"{len(page.images)} pictures, {gallery.count - before} new renditions"
    report.add(page.path, "pictures as promised", found, problems)


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
        count = model._default_manager.count()
        for path, expected in (
            (reverse(f"{name}_changelist"), count),
            (reverse(f"{name}_change", args=[model._default_manager.first().pk]), 1),
        ):
            page = browser.open(path)
            problems = [] if page.status == 200 else [f"status {page.status} instead of 200"]
            # Django's own icons are not ours to judge.
            images = [image for image in page.images if "/static/" not in image.source]
            if len(images) < expected:
                problems.append(f"{len(images)} thumbnails, {expected} at least expected")
            for image in images:
                problems += gallery.check_image(image)
            report.add(path, "thumbnails", f"{len(images)} pictures", problems)
