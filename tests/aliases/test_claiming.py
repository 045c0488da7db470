"""Claims on aliases: whose a name is, and what a crash or a stale object leaves behind."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from django_rokka import aliases
from django_rokka.columns import get_image_fields
from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import RokkaError
from django_rokka.models import Alias, CacheInvalidation
from django_rokka.storage import RokkaStorage

from tests import pictures
from tests.testapp.models import Brand, Leaflet, Poster

pytestmark = pytest.mark.django_db(transaction=True)


def a_file(colour: str) -> ContentFile[bytes]:
    return ContentFile(pictures.png(colour=colour), "logo.png")


def get_hash_behind(rokka: RokkaStorage, alias: str) -> str:
    return rokka.client.aliases.get(alias).hash


def test_stale_object__saved_late_takes_the_alias_back_with_its_column(
    rokka: RokkaStorage,
) -> None:
    Brand.objects.create(name="Acme", logo=a_file("red"))
    stale, fresh = Brand.objects.get(), Brand.objects.get()
    fresh.logo = a_file("blue")
    fresh.save()
    stale.name = "Acme Inc."
    stale.save()
    stored = Brand.objects.get()
    assert stored.logo.hash == stale.logo.hash != fresh.logo.hash
    assert get_hash_behind(rokka, stored.logo.alias) == stored.logo.hash
    assert Alias.objects.get().confirmed_hash == stored.logo.hash


def test_name__whose_answer_was_lost_is_known_for_ours_by_the_next_logo(
    rokka: RokkaStorage, server: EmulatorServer
) -> None:
    server.emulator.faults.add(method="PUT", path="/alias/", reset_at=0)
    brand = Brand.objects.create(name="Acme", logo=a_file("red"))
    row = Alias.objects.get()
    assert (row.state, row.confirmed_hash, row.asked_hash) == ("failed", "", brand.logo.hash)
    # What nobody has answered may still be done, so it has its minute to itself.
    brand.logo = a_file("blue")
    brand.save()
    assert Alias.objects.get().state == "pending"
    Alias.objects.update(claimed_until=timezone.now())
    aliases.apply()
    brand.refresh_from_db()
    row = Alias.objects.get()
    assert (row.state, row.asked_hash, row.last_error) == ("in_step", "", "")
    assert get_hash_behind(rokka, row.name) == brand.logo.hash == row.confirmed_hash
    # It showed the red one, for a moment.
    assert CacheInvalidation.objects.get().key == row.name


def test_refusal__is_not_remembered_as_asked(rokka: RokkaStorage) -> None:
    foreign = rokka.upload("foreign.png", a_file("green"))
    rokka.client.aliases.create("leaflet_spring_page", foreign.hash)
    Leaflet.objects.create(slug="spring", page=a_file("blue"))
    assert Alias.objects.get().asked_hash == ""


def test_name__stays_when_the_column_it_is_made_of_changes(rokka: RokkaStorage) -> None:
    leaflet = Leaflet.objects.create(slug="spring", page=a_file("red"))
    leaflet.slug = "summer"
    leaflet.page = a_file("blue")
    leaflet.save()
    assert leaflet.page.alias == "leaflet_spring_page"
    assert get_hash_behind(rokka, "leaflet_spring_page") == leaflet.page.hash
    with pytest.raises(RokkaError):
        rokka.client.aliases.get("leaflet_summer_page")


def test_name__of_a_deleted_row_is_free_for_the_next(rokka: RokkaStorage) -> None:
    Leaflet.objects.create(slug="spring", page=a_file("red")).delete()
    successor = Leaflet.objects.create(slug="spring", page=a_file("blue"))
    assert successor.page.alias == "leaflet_spring_page"
    assert get_hash_behind(rokka, "leaflet_spring_page") == successor.page.hash
    assert Alias.objects.get().object_pk == str(successor.pk)


def test_name__of_a_model_that_is_gone_is_free(rokka: RokkaStorage) -> None:
    poster = Poster.objects.create(slug="spring", page=a_file("red"))
    Alias.objects.update(name="leaflet_spring_page", field="cover")
    leaflet = Leaflet.objects.create(slug="spring", page=a_file("red"))
    assert leaflet.page.alias == "leaflet_spring_page"
    assert poster.page.alias == "poster_spring_page"


def test_column_that_changes_at_every_try__is_left_to_the_next_save(
    rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    brand = Brand.objects.create(name="Acme", logo=a_file("red"))
    others = [rokka.upload("other.png", a_file(colour)) for colour in ("blue", "green")] * 3
    create = rokka.client.aliases.create

    def create_late(name: str, hash: str, **options: object) -> None:
        Brand.objects.filter(pk=brand.pk).update(logo=str(others.pop()))
        create(name, hash, **options)  # type: ignore[arg-type]  # passed on as they are

    with monkeypatch.context() as patch:
        patch.setattr(rokka.client.aliases, "create", create_late)
        row = Alias.objects.get()
        Brand.objects.update(logo=str(others.pop()))
        Alias.objects.update(due_at=timezone.now())
        result = aliases.apply_one(row.pk, using="default")
        assert result is not None
        assert (result.outcome, result.reference) == ("moved", "")
    assert "changes too often to be followed" in caplog.text
    stored = Brand.objects.get()
    stored.save()
    assert get_hash_behind(rokka, Alias.objects.get().name) == stored.logo.hash


def test_move__that_fails_unexpectedly_is_logged_and_the_row_is_saved(
    rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*args: object, **kwargs: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(rokka.client.aliases, "create", break_down)
    brand = Brand.objects.create(name="Acme", logo=a_file("red"))
    assert "out of order" in caplog.text
    assert Brand.objects.get().logo.hash == brand.logo.hash


def test_claim__of_two_names_for_one_row_at_once_makes_one(rokka: RokkaStorage) -> None:
    leaflet = Leaflet.objects.create(slug="spring", page=a_file("red"))

    def claim_first(instance: Leaflet, **kwargs: object) -> None:
        Alias.objects.create(
            organization="demo",
            name="leaflet_summer_page",
            model="testapp.leaflet",
            object_pk=str(instance.pk),
            field="page",
            target_hash="a" * 40,
        )

    Alias.objects.all().delete()
    field = get_image_fields(Leaflet)[0]
    make_name = field.get_alias_name

    def make_name_late(instance: Leaflet) -> str:
        if not Alias.objects.exists():
            claim_first(instance)
        return str(make_name(instance))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(field, "get_alias_name", make_name_late)
        leaflet.page = a_file("blue")
        leaflet.save()
    assert Alias.objects.get().name == "leaflet_summer_page"
    assert get_hash_behind(rokka, "leaflet_summer_page") == leaflet.page.hash


def test_key__that_is_too_long_for_an_alias_is_logged_and_the_row_is_saved(
    rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Brand._meta.pk, "value_to_string", lambda _: "7" * 256)
    brand = Brand.objects.create(name="Acme", logo=a_file("red"))
    assert not Alias.objects.exists()
    assert not brand.logo.alias
    assert "has a key of more than 255 characters" in caplog.text


def test_alias__that_never_was_waits_for_nothing_without_its_image(rokka: RokkaStorage) -> None:
    brand = Brand.objects.create(name="Acme", logo=a_file("red"))
    rokka.client.aliases.delete(brand.logo.alias)
    Brand.objects.update(logo="")
    Alias.objects.update(confirmed_hash="", due_at=timezone.now())
    (result,) = aliases.apply().results
    assert result == aliases.Result(name=f"brand_{brand.pk}_logo", outcome="in_step")
    assert aliases.apply().results == ()


def test_alias__of_a_field_that_is_gone_goes_on_showing_its_image(rokka: RokkaStorage) -> None:
    Poster.objects.create(slug="spring", page=a_file("red"))
    Alias.objects.update(field="cover", due_at=timezone.now())
    (result,) = aliases.apply().results
    assert result.outcome == "in_step"
