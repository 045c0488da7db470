"""Two pages: the front of the magazine, and one article."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from magazine.models import Article, Brand


def front(request: HttpRequest) -> HttpResponse:
    """Show the newest article large, and all others below it."""
    newest, *others = [*Article.objects.all()] or [None]
    return render(request, "magazine/front.html", {"newest": newest, "others": others})


def article(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one article, its photographs, and a way on to the next."""
    shown = get_object_or_404(Article.objects.prefetch_related("photos"), slug=slug)
    context = {"article": shown, "photos": shown.photos.all(), "following": shown.get_following()}
    return render(request, "magazine/article.html", context)


def brand(_request: HttpRequest) -> dict[str, Any]:
    """Give every template the brand, for the masthead and the footer."""
    return {"brand": Brand.objects.first()}
