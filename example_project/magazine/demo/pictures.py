"""Find the pictures of the magazine: painted ones, or photographs from a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

from django.core.management.base import CommandError

from magazine.demo.texts import CAPTIONS, STORIES
from magazine.landscapes import LANDSCAPES, paint_all

_SUFFIXES = frozenset({".avif", ".gif", ".jpeg", ".jpg", ".png", ".webp"})


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A file, and what to say of it."""

    path: Path
    title: str
    alt: str


def get_pictures(
    photographs: Path | None, *, studio: Path, report: Callable[[str], None]
) -> dict[str, list[Picture]]:
    """Return the pictures of each story by its slug: the hero first, then the gallery.

    Without a folder of photographs, landscapes are painted into `studio`, unless they are there.
    """
    if photographs is None:
        painted = _paint(studio, report=report)
        return {story.slug: [painted[name] for name in story.pictures] for story in STORIES}
    found = _find(photographs)
    report(f"Found {len(found)} photographs in {photographs}.")
    supply = cycle(found)
    wanted = max(len(found), len(STORIES))
    chosen: dict[str, list[Picture]] = {story.slug: [] for story in STORIES}
    for slug, _number in zip(cycle(chosen), range(wanted), strict=False):
        chosen[slug].append(next(supply))
    return chosen


def _paint(studio: Path, *, report: Callable[[str], None]) -> dict[str, Picture]:
    missing = sum(not (studio / landscape.file_name).exists() for landscape in LANDSCAPES)
    if missing:
        report(f"Painting {missing} landscapes into {studio} (once; some 20 seconds for all) ...")
    return {path.stem: _describe(path, alt=CAPTIONS[path.stem]) for path in paint_all(studio)}


def _find(folder: Path) -> list[Picture]:
    paths = sorted(path for path in _files(folder) if path.suffix.lower() in _SUFFIXES)
    if not paths:
        raise CommandError(
            f"There is no photograph in {folder}: no file there ends in"
            f" {', '.join(sorted(_SUFFIXES))}. Choose another folder with --images."
        )
    return [_describe(path) for path in paths]


def _files(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder. Choose another one with --images.")
    return (path for path in folder.iterdir() if path.is_file())


def _describe(path: Path, *, alt: str = "") -> Picture:
    title = path.stem.replace("-", " ").replace("_", " ").strip().capitalize()[:120]
    picture = Picture(path=path, title=title or "Photograph", alt=title)
    return replace(picture, alt=alt) if alt else picture
