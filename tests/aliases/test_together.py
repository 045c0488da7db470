"""Several processes, of which one does its step while another is at its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models.signals import post_init
from django.utils import timezone

from django_rokka import aliases, invalidation
from django_rokka.aliases.leases import Lease
from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import NotFound
from django_rokka.models import Alias, CacheInvalidation
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.testapp.models import Brand, Leaflet

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "newsletter_header"


def a_file(colour: str) -> ContentFile[bytes]:
    return ContentFile(pictures.png(colour=colour), "logo.png")


@pytest.fixture
def meanwhile(rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Do something once, just before a call of the client is made, or after its answer."""

    def add(call: str, act: Callable[[], object], *, after: bool = False) -> None:
        make = getattr(rokka.client.aliases, call)

        def make_late(*args: Any, **kwargs: Any) -> Any:
            monkeypatch.setattr(rokka.client.aliases, call, make)
            if not after:
                act()
            answer = make(*args, **kwargs)
            if after:
                act()
            return answer

        monkeypatch.setattr(rokka.client.aliases, call, make_late)

    return add


def let_lease_run_out() -> None:
    Alias.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def deletes_when_read() -> Iterator[Callable[[], None]]:
    """Delete the alias just after it was read, as a worker may that ends its deletion."""
    is_armed = False

    def delete(instance: Alias, **kwargs: object) -> None:
        nonlocal is_armed
        if is_armed:
            is_armed = False
            Alias.objects.filter(pk=instance.pk).delete()

    def arm() -> None:
        nonlocal is_armed
        is_armed = True

    post_init.connect(delete, sender=Alias)
    yield arm
    post_init.disconnect(delete, sender=Alias)


def test_save__while_the_deletion_of_its_alias_ends_claims_it_anew(
    rokka: RokkaStorage, deletes_when_read: Callable[[], None]
) -> None:
    brand = Brand.objects.create(name="Acme", logo=a_file("red"))
    rokka.client.aliases.delete(brand.logo.alias)
    brand.logo = a_file("blue")
    deletes_when_read()
    brand.save()
    row = Alias.objects.get()
    assert (row.state, row.confirmed_hash) == ("in_step", brand.logo.hash)


def test_claim__during_a_failing_move_is_moved_at_once(
    rokka: RokkaStorage, server: EmulatorServer, meanwhile: Callable[..., None]
) -> None:
    brand = Brand.objects.create(name="Acme", logo=a_file("red"))
    blue = rokka.upload("blue.png", a_file("blue"))

    def save_blue() -> None:
        row = Brand.objects.get()
        row.logo = str(blue)
        row.save()

    meanwhile("create", save_blue)
    server.emulator.faults.add(method="PUT", path="/alias/", status=400)
    brand.logo = a_file("green")
    brand.save()
    row = Alias.objects.get()
    assert (row.state, row.confirmed_hash, row.attempts) == ("in_step", blue.hash, 0)
    assert rokka.client.aliases.get(row.name).hash == blue.hash


def test_late_deletion__after_its_lease_does_not_end_the_name_of_another(
    rokka: RokkaStorage, meanwhile: Callable[..., None]
) -> None:
    red = rokka.upload("a.png", a_file("red")).hash
    blue = rokka.upload("a.png", a_file("blue")).hash
    aliases.point(NAME, red)

    def point_anew() -> None:
        let_lease_run_out()
        aliases.point(NAME, blue)

    meanwhile("delete", point_anew)
    aliases.delete(NAME)
    let_lease_run_out()
    aliases.apply(names=[NAME])
    assert Alias.objects.get().state == "in_step"
    assert rokka.client.aliases.get(NAME).hash == blue


def test_late_move__after_its_lease_is_done_again(
    rokka: RokkaStorage, meanwhile: Callable[..., None]
) -> None:
    red, blue, green = (rokka.upload("a.png", a_file(it)).hash for it in ("red", "blue", "green"))
    aliases.point(NAME, red)

    def overtake() -> None:
        let_lease_run_out()
        aliases.point(NAME, green)

    meanwhile("create", overtake)
    aliases.point(NAME, blue)
    let_lease_run_out()
    aliases.apply(names=[NAME])
    row = Alias.objects.get()
    assert (row.state, row.target_hash) == ("in_step", green)
    assert rokka.client.aliases.get(NAME).hash == green


def test_answer_that_never_comes__keeps_the_lease_for_its_minute(
    rokka: RokkaStorage, server: EmulatorServer
) -> None:
    red, blue = (rokka.upload("a.png", a_file(it)).hash for it in ("red", "blue"))
    aliases.point(NAME, red)
    server.emulator.faults.add(method="PUT", path="/alias/", reset_at=0)
    assert aliases.point(NAME, blue).state == "failed"
    (result,) = aliases.apply(names=[NAME]).results
    assert result.outcome == "busy"
    let_lease_run_out()
    assert aliases.apply(names=[NAME]).results[0].outcome == "moved"


def test_undo__of_a_refused_name_leaves_what_another_has_pointed(
    rokka: RokkaStorage, meanwhile: Callable[..., None]
) -> None:
    red, blue = (rokka.upload("a.png", a_file(it)).hash for it in ("red", "blue"))
    aliases.point(NAME, red)
    meanwhile("create", lambda: aliases.point(NAME, blue))
    aliases.point(NAME, "a" * 40)
    row = Alias.objects.get()
    assert (row.state, row.target_hash) == ("in_step", blue)
    assert rokka.client.aliases.get(NAME).hash == blue


def test_undo__leaves_no_trace_that_costs_an_invalidation(rokka: RokkaStorage) -> None:
    red = rokka.upload("a.png", a_file("red")).hash
    aliases.point(NAME, red)
    with pytest.raises(NotFound):
        aliases.point(NAME, "a" * 40)
    with assert_no_rokka_calls():
        assert aliases.point(NAME, red).state == "in_step"
    assert not CacheInvalidation.objects.exists()


def test_answer_lost_while_overwriting__still_clears_the_image_before(
    rokka: RokkaStorage, server: EmulatorServer
) -> None:
    red, blue = (rokka.upload("a.png", a_file(it)).hash for it in ("red", "blue"))
    rokka.client.aliases.create(NAME, red)
    server.emulator.faults.add(method="PUT", path="overwrite", reset_at=0)
    aliases.point(NAME, blue, overwrite=True)
    let_lease_run_out()
    aliases.apply(names=[NAME])
    assert rokka.client.aliases.get(NAME).hash == blue
    assert CacheInvalidation.objects.get().key == NAME


def test_transaction__of_somebody_else_is_no_place_to_apply(rokka: RokkaStorage) -> None:
    Brand.objects.create(name="Acme", logo=a_file("red"))
    row = Alias.objects.get()
    Alias.objects.update(due_at=timezone.now())
    with assert_no_rokka_calls(), transaction.atomic(), pytest.raises(RuntimeError):
        aliases.apply()
    connection.set_autocommit(False)
    try:
        with assert_no_rokka_calls():
            with pytest.raises(RuntimeError, match="turn autocommit on"):
                aliases.apply_one(row.pk, using="default")
            invalidation.request("alias", "any_name")
            with pytest.raises(RuntimeError, match="turn autocommit on"):
                invalidation.drain()
            assert aliases.point(NAME, "a" * 40).state == "pending"
    finally:
        connection.rollback()
        connection.set_autocommit(True)
    assert list(Alias.objects.all()) == [row]


def test_repair__brings_back_the_last_picture_of_a_row_that_is_gone(rokka: RokkaStorage) -> None:
    leaflet = Leaflet.objects.create(slug="spring", page=a_file("red"))
    red = leaflet.page.hash
    leaflet.delete()
    foreign = rokka.upload("a.png", a_file("green")).hash
    rokka.client.aliases.create("leaflet_spring_page", foreign, overwrite=True)
    assert [it.state for it in aliases.verify(repair=True)] == ["drifted"]
    aliases.apply()
    assert rokka.client.aliases.get("leaflet_spring_page").hash == red
    assert [it.state for it in aliases.verify()] == ["in_step"]


def test_storage__that_may_not_write_leaves_the_alias_to_one_that_may(
    rokka: RokkaStorage, settings: Any
) -> None:
    mine = settings.STORAGES["rokka"]
    reader = {**mine, "OPTIONS": {**mine["OPTIONS"], "read_only": True}}
    broken = {**mine, "OPTIONS": {**mine["OPTIONS"], "organization": "no organization"}}
    settings.STORAGES = {
        **{name: it for name, it in settings.STORAGES.items() if name != "rokka"},
        "broken": broken,
        "reader": reader,
        "rokka": mine,
    }
    red = rokka.upload("a.png", a_file("red")).hash
    aliases.point(NAME, red, storage=rokka)
    Alias.objects.update(due_at=timezone.now(), confirmed_hash="")
    assert [result.error for result in aliases.apply(storage=rokka).results] == [""]
    assert Alias.objects.get().state == "in_step"


def test_storage__outside_of_the_settings_points_names_too(rokka: RokkaStorage) -> None:
    own = RokkaStorage(organization="demo", environment="press", **_get_access(rokka))
    red = rokka.upload("a.png", a_file("red")).hash
    assert aliases.point(NAME, red, storage=own).state == "in_step"
    assert rokka.client.aliases.get(NAME).hash == red


def _get_access(storage: RokkaStorage) -> dict[str, Any]:
    config = storage.config
    return {
        "api_key": config.api_key,
        "api_host": config.api_host,
        "render_host": config.render_host,
    }


def test_error__that_no_database_can_hold_is_noted(
    rokka: RokkaStorage, server: EmulatorServer
) -> None:
    body = '{"error": {"code": 400, "message": "half a \\ud800 and a \\u0000"}}'
    server.emulator.faults.add(method="PUT", path="/alias/", status=503, body=body, times=None)
    Brand.objects.create(name="Acme", logo=a_file("red"))
    row = Alias.objects.get()
    assert (row.state, row.claimed_until) == ("failed", None)
    assert "half a ? and a ?" in row.last_error


def test_lease__is_of_one_process_alone(rokka: RokkaStorage) -> None:
    Brand.objects.create(name="Acme", logo=a_file("red"))
    Alias.objects.update(due_at=timezone.now())
    alias = Alias.objects.get()
    first = Lease.take(alias)
    assert first is not None
    assert Lease.take(alias) is None
    assert Lease.take(Alias.objects.get()) is None
    let_lease_run_out()
    second = Lease.take(Alias.objects.get())
    assert second is not None
    assert not first.release(due_at=None)
    assert second.release(due_at=None)
    assert Lease.take(Alias.objects.get()) is None
