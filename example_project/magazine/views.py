"""The pages: the front of the magazine, one article, and a gallery of the tags."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from magazine.models import Article, Brand
from magazine.samples import render_samples


def front(request: HttpRequest) -> HttpResponse:
    """Show the newest article large, and all others below it."""
    newest, *others = [*Article.objects.all()] or [None]
    return render(request, "magazine/front.html", {"newest": newest, "others": others})


def article(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one article, its photographs, and a way on to the next."""
    shown = get_object_or_404(Article.objects.prefetch_related("photos"), slug=slug)
    context = {"article": shown, "photos": shown.photos.all(), "following": shown.get_following()}
    return render(request, "magazine/article.html", context)


def gallery(request: HttpRequest) -> HttpResponse:
    """Show each tag with its line in a template, its HTML and its picture."""
    pictured = [*Article.objects.exclude(hero="")[:2]]
    if not pictured:
        return render(request, "magazine/gallery.html")
    context = {**brand(request), "article": pictured[0], "other": pictured[-1]}
    return render(request, "magazine/gallery.html", {"samples": render_samples(context)})


def brand(_request: HttpRequest) -> dict[str, Any]:
    """Give every template the brand, for the masthead and the footer."""
    return {"brand": Brand.objects.first()}
