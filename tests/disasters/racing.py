"""What workers do to the same images and the same rows at once; each act begins a little late.

Few images, all of them old, are deleted and brought back over and over.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import timedelta
from typing import Any

from django.db import transaction

from django_rokka import library
from django_rokka.collector import collect
from django_rokka.exceptions import NotFound
from django_rokka.models import SourceImage
from django_rokka.storage import get_rokka_storage

from tests.disasters.acts import draw, empty
from tests.disasters.emulated import long_ago
from tests.disasters.gallery.models import Badge, Picture

__all__ = ["RACING_ACTS"]

COLOURS = ("navy", "teal", "plum")
LATEST = 0.05
"""Seconds after which the last act of a round begins."""


# Preparations


def upload_old_images() -> None:
    empty()
    with long_ago():
        for colour in COLOURS:
            get_rokka_storage().upload(f"{colour}.png", draw(colour))


def hang_for_each(workers: int) -> None:
    """Hang a picture and a badge for each worker, of old images."""
    upload_old_images()
    for number in range(workers):
        Picture.objects.create(title=f"by {number}", image=draw(COLOURS[number % len(COLOURS)]))
        Badge.objects.create(title=f"by {number}", image=draw(COLOURS[number % len(COLOURS)]))


def fill_pages(count: int) -> None:
    empty()
    for number in range(count):
        image = draw(f"#{number:02x}4080")
        Picture.objects.create(title=f"page {number}", image=image)


# Acts


def hang(seed: str, worker: int) -> None:
    """Hang two pictures, in one transaction or in none, uploaded or chosen."""
    with _begin(seed) as chance:
        colours = chance.sample(COLOURS, 2)
        with chance.choice((transaction.atomic, nullcontext))():
            for colour in colours:
                image: Any = draw(colour)
                if chance.random() < 0.4 and (text := _find_reference(colour)):
                    image = text
                Picture.objects.create(title=f"by {worker}", image=image)


def take_down(seed: str, worker: int) -> None:
    """Delete what a worker has hung."""
    with _begin(seed) as chance:
        rows = Picture.objects.filter(title=f"by {worker}")
        if chance.random() < 0.5:
            rows.delete()
            return
        with transaction.atomic():
            for row in rows:
                row.delete()


def hang_instead(seed: str, worker: int) -> None:
    """Delete what a worker has hung, and hang something else."""
    Picture.objects.filter(title=f"by {worker}").delete()
    hang(seed, worker)


def crop_instead(seed: str, worker: int) -> None:
    """Hang something else and set a subject area: another image of the same bytes."""
    hang_instead(seed, worker)
    with _begin(seed) as chance:
        for row in Picture.objects.filter(title=f"by {worker}"):
            # A collector that looked before the row was there deletes its image, and restores it.
            with suppress(NotFound):
                row.image.set_subject_area(x=chance.choice((1, 2)), y=3)
                row.save()


def replace_image(seed: str, title: str, *, has_alias: bool = False) -> None:
    """Replace the image of one row; another worker does the same."""
    with _begin(seed) as chance:
        rows: Any = (Badge if has_alias else Picture).objects
        is_locked = chance.random() < 0.3
        with transaction.atomic() if is_locked or chance.random() < 0.5 else nullcontext():
            row = (rows.select_for_update() if is_locked else rows).get(title=title)
            time.sleep(chance.uniform(0, LATEST / 5))
            row.image = draw(chance.choice(COLOURS))
            row.save()


def sweep(seed: str, *, sync: bool = True) -> None:
    """Delete at rokka what nothing refers to."""
    with _begin(seed):
        report = collect(delete=True, grace=timedelta(0), accept_fewer_columns=True, sync=sync)
        if report.failed or report.missing:
            raise ValueError(str(report))


def walk_through(seed: str) -> None:
    with _begin(seed) as chance:
        library.sync(page_size=chance.choice((3, 5, 100)))


def forget(seed: str) -> None:
    """Lose some rows of the mirror, as another database would not have them."""
    with _begin(seed) as chance:
        for digest in chance.sample(sorted(SourceImage.objects.values_list("hash", flat=True)), 3):
            SourceImage.objects.filter(hash=digest).delete()


def delete_and_restore(seed: str) -> None:
    """Delete an image at rokka behind our back, and take it back."""
    with _begin(seed) as chance:
        images = get_rokka_storage().client.source_images
        listed = [image.hash for image in images.iter()]
        for digest in chance.sample(listed, min(1, len(listed))):  # lists are late
            images.delete(digest)
            images.restore(digest)


def _find_reference(colour: str) -> str:
    """Return the text of a column that refers to this colour."""
    names = Picture.objects.filter(image__endswith=f"/{colour}.png")
    return names.values_list("image", flat=True).first() or ""


@contextmanager
def _begin(seed: str) -> Iterator[random.Random]:
    chance = random.Random(seed)
    time.sleep(chance.uniform(0, LATEST))
    yield chance


RACING_ACTS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        *(
            upload_old_images,
            hang_for_each,
            fill_pages,
            hang,
            take_down,
            hang_instead,
            crop_instead,
        ),
        *(replace_image, sweep, walk_through, forget, delete_and_restore),
    )
}
