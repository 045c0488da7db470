"""Fill the database and rokka: each picture goes up through its model field, and only once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction

from django_rokka.fields import RokkaFieldFile

from magazine.demo.pictures import Picture
from magazine.demo.texts import BRAND, STORIES, TAGLINE, Story
from magazine.landscapes import LOGO_COLOURS, draw_logo
from magazine.models import Article, Brand, Photo


def populate(pictures: dict[str, list[Picture]], *, report: Callable[[str], None]) -> None:
    """Make what is missing; a second run finds all of it and uploads nothing."""
    is_new = [_make_brand()]
    for story in STORIES:
        with transaction.atomic():
            is_new += _make_article(story, pictures[story.slug])
    report(f"Uploaded {sum(is_new)} pictures; {is_new.count(False)} were there already.")


def _make_brand() -> bool:
    brand = Brand.objects.first() or Brand(name=BRAND, tagline=TAGLINE)
    if _is_stored(brand.logo):
        return False
    brand.logo = ContentFile(draw_logo(LOGO_COLOURS[0]), name=f"{BRAND.lower()}.png")
    brand.save()
    return True


def _make_article(story: Story, pictures: list[Picture]) -> list[bool]:
    article = Article.objects.filter(slug=story.slug).first() or Article(slug=story.slug)
    article.section = story.section
    article.title = story.title
    article.lead = _typeset(story.lead)
    article.text = _typeset(story.text)
    article.published = story.published
    hero, *gallery = pictures
    is_new = not (article.hero_alt == hero.alt and _is_stored(article.hero))
    if is_new:
        _save(article, article.hero, hero.path, hero_alt=hero.alt)
    article.save()
    article.photos.filter(position__gte=len(gallery)).delete()
    return [is_new, *(_make_photo(article, *numbered) for numbered in enumerate(gallery))]


def _make_photo(article: Article, position: int, picture: Picture) -> bool:
    photo = article.photos.filter(position=position).first()
    photo = photo or Photo(article=article, position=position)
    if photo.alt == picture.alt and _is_stored(photo.image):
        return False
    _save(photo, photo.image, picture.path, title=picture.title, alt=picture.alt)
    return True


def _save(row: Article | Photo, field_file: RokkaFieldFile, path: Path, **values: str) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    with path.open("rb") as content:
        setattr(row, field_file.field.name, File(content, name=path.name))
        row.save()


def _is_stored(field_file: RokkaFieldFile) -> bool:
    """Ask rokka, because its data may have been cleared without the database."""
    return bool(field_file) and field_file.storage.exists(field_file.name or "")


def _typeset(text: str) -> str:
    """Join the lines of each paragraph, and set real apostrophes."""
    paragraphs = (" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    return "\n\n".join(paragraphs).replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")
