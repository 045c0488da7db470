"""What workers do: the acts that are killed and raced, what comes before them, and the judgement.

Preparations leave a row "one" with an old image, and bystanders that nothing may happen to.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import requests
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.forms import modelform_factory
from django.utils.datastructures import MultiValueDict

from django_rokka import library
from django_rokka.collector import Collection, collect
from django_rokka.models import (
    Alias,
    CacheInvalidation,
    InvalidationBudget,
    LibrarySync,
    SourceImage,
)
from django_rokka.render import ImageReference
from django_rokka.storage import get_rokka_storage

from tests import pictures
from tests.disasters.emulated import count_failures, long_ago, make_organization
from tests.disasters.gallery.models import Badge, Banner, Picture

__all__ = ["ACTS", "INTERLUDES"]

TABLES = (
    *(Picture, Badge, Banner),
    *(Alias, CacheInvalidation, InvalidationBudget, LibrarySync, SourceImage),
)


def migrate() -> None:
    call_command("migrate", run_syncdb=True, verbosity=0)
    User.objects.create_superuser("admin")
    connection.close()


def draw(colour: str) -> ContentFile[bytes]:
    return ContentFile(pictures.png(colour=colour), f"{colour.strip('#')}.png")


# Preparations


def empty() -> None:
    """Leave no row, and an organization without an image."""
    with connection.cursor() as cursor:
        for model in TABLES:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608  # our own names
    make_organization()


def hang_pictures(model: type[Picture | Badge] = Picture) -> None:
    """Hang two old pictures, one of them the bystander."""
    empty()
    with long_ago():
        Picture.objects.create(title="bystander", image=draw("gold"))
        model.objects.create(title="one", image=draw("tomato"))


def hang_badge() -> None:
    hang_pictures(Badge)


def leave_a_mess() -> None:
    """Leave what a collector is for: an unreferenced image, and a reference to a deleted one."""
    hang_pictures()
    with long_ago():
        for colour in ("navy", "teal"):
            get_rokka_storage().upload("left.png", draw(colour))
        lost = Picture.objects.create(title="lost", image=draw("plum"))
        library.sync()
    get_rokka_storage().client.source_images.delete(lost.image.hash)


def wish_for_a_deleted_image() -> None:
    """Let a row without an image say which it wants: one that is deleted at rokka."""
    hang_pictures()
    with long_ago():
        reference = get_rokka_storage().upload("wanted.png", draw("plum"))
    Picture.objects.create(title=f"wish {reference}")
    get_rokka_storage().client.source_images.delete(reference.hash)


def hang_many() -> None:
    """Hang more pictures than fit on a page of a walk, one of them deleted behind our back."""
    empty()
    for number in range(7):
        Picture.objects.create(title="one", image=draw(f"#{number * 30:02x}4080"))
    SourceImage.objects.all().delete()
    gone = get_rokka_storage().upload("gone.png", draw("plum"))
    get_rokka_storage().client.source_images.delete(gone.hash)


# Acts


def save() -> None:
    with transaction.atomic():
        Picture.objects.create(title="new", image=draw("navy"))


def save_bare() -> None:
    Picture.objects.create(title="new", image=draw("navy"))


def save_what_is_there() -> None:
    """Upload what rokka has already: an old image, of another row."""
    with transaction.atomic():
        Picture.objects.create(title="new", image=draw("gold"))


def save_badge() -> None:
    with transaction.atomic():
        Badge.objects.create(title="new", image=draw("navy"))


def replace(model: type[Picture | Badge] = Picture) -> None:
    with transaction.atomic():
        row = model.objects.get(title="one")
        row.image = draw("navy")
        row.save()


def replace_badge() -> None:
    replace(Badge)


def clear() -> None:
    row = Picture.objects.get(title="one")
    row.image = ""
    row.save()


def delete() -> None:
    with transaction.atomic():
        Picture.objects.filter(title="one").delete()


def change_metadata() -> None:
    """Set a subject area, which makes another image of the same bytes."""
    row = Picture.objects.get(title="one")
    row.image.set_subject_area(x=3, y=4, width=10, height=10)
    row.save()


def choose_deleted() -> None:
    with transaction.atomic():
        row = Picture.objects.get(title__startswith="wish")
        row.image = row.title.split()[1]
        row.save()


def fill_in_form() -> None:
    form = modelform_factory(Picture, fields=("title", "image"))
    row = Picture.objects.get(title="one")
    sent = SimpleUploadedFile("sent.png", pictures.png(colour="navy"), "image/png")
    filled = form({"title": "one"}, MultiValueDict({"image": [sent]}), instance=row)
    if not filled.is_valid():
        raise ValueError(filled.errors)
    with transaction.atomic():
        filled.save()


def collect_for_good(*, sync: bool = True) -> None:
    collect(delete=True, grace=timedelta(0), sync=sync)


def walk() -> None:
    library.sync(page_size=3)


# What others do in the middle of an act


def refer_to_what_is_being_deleted() -> None:
    """Insert a row by SQL, of which no signal tells."""
    import psycopg

    reference = f"{_find_left()}/40x30/left.png"
    with psycopg.connect(_write_address(), autocommit=True) as other:
        other.execute(
            "INSERT INTO gallery_picture (title, image) VALUES ('meanwhile', %s)", [reference]
        )


def _find_left() -> str:
    import psycopg

    with psycopg.connect(_write_address(), autocommit=True) as other:
        row = other.execute(
            "SELECT hash FROM django_rokka_sourceimage"
            " WHERE name = 'left.png' AND deleted_at IS NULL ORDER BY hash"
        ).fetchone()
    if row is None:
        raise LookupError("There is no image to refer to.")
    return str(row[0])


# Judgement


def find_dead() -> list[str]:
    """Name the rows whose image rokka does not render."""
    dead = []
    answers: dict[str, int] = {}
    with requests.Session() as session:
        session.trust_env = False
        for model in (Picture, Badge):
            for row in model.objects.exclude(image="").order_by("pk"):
                url = row.image.url
                if url not in answers:
                    answers[url] = session.get(url, timeout=30).status_code
                if answers[url] != 200:
                    dead.append(f"{row._meta.label} {row.title!r}: {answers[url]} for {url}")
    return dead


def judge() -> dict[str, Any]:
    """Compare what rokka has and nothing refers to with what a collection's report names."""
    left = _find_unreferenced()
    report = collect(delete=False, grace=timedelta(0))
    return {"left": sorted(left), "named": sorted(_read_unreferenced(report)), "dead": find_dead()}


def judge_and_repeat(act: str, *, is_mended: bool) -> list[str]:
    """Say what is wrong after an act was cut off, and once it is done again.

    Where ``is_mended``, what rows refer to may be gone until the next collection.
    """
    problems = [] if is_mended else find_dead()
    found = judge()
    problems += [f"{row}, after the collection" for row in found["dead"]]
    if found["named"] != found["left"]:
        problems.append(f"Left over: {found['left']}, named by the report: {found['named']}")
    ACTS[act]()
    return problems + [f"{row}, after another try" for row in find_dead()]


def find_missing_in_mirror() -> list[str]:
    """Return the images that rokka has and the mirror does not."""
    known = set(SourceImage.objects.alive().values_list("hash", flat=True))
    alive = {image.hash for image in get_rokka_storage().client.source_images.iter()}
    return sorted(alive ^ known)


def _find_unreferenced() -> set[str]:
    alive = {image.hash for image in get_rokka_storage().client.source_images.iter()}
    referred = {
        ImageReference.parse(name).hash
        for model in (Picture, Badge)
        for name in model.objects.exclude(image="").values_list("image", flat=True)
    }
    for hashes in Alias.objects.values_list("target_hash", "asked_hash", "confirmed_hash"):
        referred.update(hashes)
    return alive - referred


def _read_unreferenced(report: Collection) -> set[str]:
    return set(report.unreferenced.values_list("hash", flat=True))


def _write_address() -> str:
    import psycopg

    database = settings.DATABASES["default"]
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    parts = {name: database[key] for name, key in names.items() if database[key]}
    return psycopg.conninfo.make_conninfo(dbname=database["NAME"], **parts)


ACTS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        *(migrate, empty, hang_pictures, hang_badge, leave_a_mess, wish_for_a_deleted_image),
        *(hang_many, save, save_bare, save_what_is_there, save_badge, replace, replace_badge),
        *(clear, delete, change_metadata, choose_deleted, fill_in_form, collect_for_good, walk),
        *(find_dead, judge, judge_and_repeat, find_missing_in_mirror, count_failures),
    )
}
INTERLUDES: dict[str, Callable[[], None]] = {"collect_for_good": refer_to_what_is_being_deleted}
