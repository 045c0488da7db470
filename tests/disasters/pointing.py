"""What workers do to aliases, what others make good later, and what is there then."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from django_rokka import aliases, invalidation
from django_rokka.exceptions import NotFound, RokkaError
from django_rokka.models import Alias, CacheInvalidation
from django_rokka.render import ImageReference
from django_rokka.storage import get_rokka_storage

from tests.disasters.acts import draw, empty
from tests.disasters.gallery.models import Badge, Banner

__all__ = ["COLOURS", "POINTING_ACTS"]

NAME = "header"
"""The alias that has no row."""
COLOURS = ("navy", "teal", "plum", "gold", "tomato")
OWNERS = (Badge, Banner)


def make_tables() -> None:
    call_command("migrate", run_syncdb=True, verbosity=0)
    connection.close()


def upload(colour: str) -> ImageReference:
    return get_rokka_storage().upload(f"{colour}.png", draw(colour))


# Preparations


def hang_one(*, is_banner: bool = False) -> None:
    empty()
    (Banner if is_banner else Badge).objects.create(title="one", image=draw("tomato"))


def hang_one_banner() -> None:
    hang_one(is_banner=True)


def hang_one_to_follow() -> None:
    """Change a row by SQL, of which no signal tells."""
    hang_one()
    Badge.objects.update(image=str(upload("navy")))


def upload_only() -> None:
    empty()
    upload("navy")


def name_image() -> None:
    empty()
    upload("navy")
    aliases.point(NAME, upload("tomato").hash)


def name_image_elsewhere() -> None:
    """Let somebody else have the name at rokka."""
    upload_only()
    get_rokka_storage().client.aliases.create(NAME, upload("tomato").hash)


def wish() -> None:
    name_image()
    invalidation.request("alias", NAME)


# Acts


def create_row() -> None:
    with transaction.atomic():
        Badge.objects.create(title="new", image=draw("navy"))


def create_row_bare() -> None:
    Badge.objects.create(title="new", image=draw("navy"))


def move_row() -> None:
    with transaction.atomic():
        move_row_bare()


def move_row_bare() -> None:
    row = Badge.objects.get(title="one")
    row.image = draw("navy")
    row.save()


def move_and_roll_back() -> None:
    with transaction.atomic():
        move_row_bare()
        transaction.set_rollback(True)


def crop_row() -> None:
    """Change metadata, which makes another image."""
    with transaction.atomic():
        row = Badge.objects.get(title="one")
        row.image.set_subject_area(x=3, y=4, width=10, height=10)
        row.save()


def delete_row() -> None:
    with transaction.atomic():
        Banner.objects.get(title="one").delete()


def delete_and_roll_back() -> None:
    with transaction.atomic():
        Banner.objects.get(title="one").delete()
        transaction.set_rollback(True)


def delete_name() -> None:
    aliases.delete(NAME)


def point_name() -> None:
    aliases.point(NAME, upload("navy").hash)


def point_name_over() -> None:
    aliases.point(NAME, upload("navy").hash, overwrite=True)


def point_and_roll_back() -> None:
    with transaction.atomic():
        aliases.point(NAME, upload("navy").hash)
        transaction.set_rollback(True)


def clear_caches() -> None:
    invalidation.drain()


def recolour() -> None:
    """Do what somebody else may do meanwhile: give all rows, and the name, another image."""
    for model in OWNERS:
        for row in model.objects.all():
            row.image = draw("teal")
            row.save()
    if Alias.objects.filter(name=NAME).exists():
        aliases.point(NAME, upload("teal").hash, overwrite=True)


def create_banner() -> None:
    with transaction.atomic():
        Banner.objects.create(title="new", image=draw("navy"))


def take_banners_down() -> None:
    Banner.objects.all().delete()


def make_good() -> list[str]:
    """Do what a project's timer does; return what it could not do."""
    found = aliases.reconcile()
    applied = aliases.apply()
    drained = invalidation.drain()
    return [*found.problems, *map(str, applied.errors), *map(str, drained.errors)]


# Racing


def hang_rows(count: int) -> None:
    empty()
    for number in range(count):
        Badge.objects.create(title=f"row {number}", image=draw("navy"))


def hang_aliases(count: int) -> None:
    """Hang rows, and make names without rows, half and half."""
    hang_rows(count // 2)
    digest = upload("navy").hash
    for number in range(count // 2):
        aliases.point(f"name_{number}", digest)


def move_many(seed: str, count: int, moves: int) -> dict[str, Any]:
    """Move aliases at random, in all the ways there are; return errors, and seconds."""
    chance = random.Random(seed)
    started = time.monotonic()
    done, errors = 0, []
    for _ in range(moves):
        act = chance.choice((_move_row, _move_row, _move_row, _move_name, _move_by_sql))
        try:
            act(chance, _pick(chance, count // 2))
            done += 1
        except RokkaError as error:  # rokka's faults are what this is about
            errors.append(repr(error))
        if chance.random() < 0.1:
            make_good()
    return {"done": done, "errors": errors, "seconds": time.monotonic() - started}


def move_rows(seed: str, count: int, moves: int) -> None:
    """Save rows at random, and leave their aliases to a queue."""
    chance = random.Random(seed)
    for _ in range(moves):
        _move_row(chance, _pick(chance, count))


def _pick(chance: random.Random, count: int) -> int:
    """Half of the moves are of one alias, which is never at rest."""
    return chance.randrange(chance.choice((1, count)))


def _move_row(chance: random.Random, number: int) -> None:
    is_locked = chance.random() < 0.3
    with transaction.atomic() if is_locked or chance.random() < 0.5 else nullcontext():
        rows = Badge.objects.select_for_update() if is_locked else Badge.objects
        row = rows.get(title=f"row {number}")
        time.sleep(chance.uniform(0, 0.01))
        row.image = row.caption = _choose(chance)
        row.save()
        if transaction.get_connection().in_atomic_block and chance.random() < 0.1:
            transaction.set_rollback(True)


def _move_name(chance: random.Random, number: int) -> None:
    with transaction.atomic() if chance.random() < 0.3 else nullcontext():
        aliases.point(f"name_{number}", ImageReference.parse(_choose(chance)).hash)


def _move_by_sql(chance: random.Random, number: int) -> None:
    chosen = _choose(chance)
    Badge.objects.filter(title=f"row {number}").update(image=chosen, caption=chosen)


def _choose(chance: random.Random) -> str:
    return f"{_HASHES[chance.choice(COLOURS)]}/40x30/chosen.png"


_HASHES: dict[str, str] = {}


def learn_colours() -> None:
    """Let this worker know the images of each colour."""
    for colour in COLOURS:
        _HASHES[colour] = upload(colour).hash


def find_lost_saves() -> list[str]:
    """Name the rows whose image is not that of their last save: its caption was saved with it."""
    return [
        f"{row.title}: {row.image.name} in the place of {row.caption}."
        for row in Badge.objects.exclude(caption="")
        if row.image.hash != ImageReference.parse(row.caption).hash
    ]


def find_drifted() -> list[str]:
    """Name the aliases that are elsewhere at rokka than noted; nobody may be moving any."""
    return [
        f"{row.name} is at {found!r}, and noted as in step at {row.confirmed_hash!r}."
        for row in Alias.objects.order_by("pk")
        if row.state == "in_step" and (found := _ask(row.name)) != row.confirmed_hash
    ]


def count_deadlocks() -> int:
    """Ask PostgreSQL how many deadlocks it has ended in this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


# What is there


def tell_aliases(names: Sequence[str]) -> dict[str, Any]:
    """Tell of all rows, of what is noted of their aliases, and of these names at rokka."""
    notes = {row.name: _describe(row) for row in Alias.objects.order_by("pk")}
    return {
        "rows": [
            {
                "owner": f"{model._meta.label_lower} {row.pk}",
                "alias": f"{model._meta.model_name}_{row.pk}",
                "text": row.image.name or "",
            }
            for model in OWNERS
            for row in model.objects.order_by("pk")
        ],
        "notes": notes,
        "wishes": list(CacheInvalidation.objects.open().values_list("key", flat=True)),
        "rokka": {name: _ask(name) for name in sorted({*names, *notes})},
    }


def _describe(row: Alias) -> dict[str, Any]:
    return {
        "owner": row.owner,
        "goes_with_its_row": row.model == Banner._meta.label_lower,
        "target": row.target_hash,
        "asked": row.asked_hash,
        "confirmed": row.confirmed_hash,
        "state": row.state,
        "is_due": row.due_at is not None,
        "last_error": row.last_error,
    }


def _ask(name: str) -> str:
    try:
        return get_rokka_storage().client.aliases.get(name).hash
    except NotFound:
        return ""


POINTING_ACTS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        *(make_tables, hang_one, hang_one_banner, hang_one_to_follow, upload_only, name_image),
        *(name_image_elsewhere, wish, create_row, create_row_bare, move_row, move_row_bare),
        *(move_and_roll_back, crop_row, delete_row, delete_and_roll_back, delete_name),
        *(point_name, point_name_over, point_and_roll_back, clear_caches, make_good),
        *(recolour, create_banner, take_banners_down),
        *(hang_rows, hang_aliases, move_many, move_rows, learn_colours),
        *(find_lost_saves, find_drifted, count_deadlocks, tell_aliases),
    )
}
