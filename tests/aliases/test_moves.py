"""Aliases that follow their rows."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from django_rokka import aliases, invalidation
from django_rokka.client import observe_calls
from django_rokka.emulator import EmulatorServer
from django_rokka.models import Alias, CacheInvalidation
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.pages import fetch_picture
from tests.testapp.models import Brand, Contract, Leaflet, Portrait, Poster

# In autocommit what waits for the commit happens at once, as in a plain project.
pytestmark = pytest.mark.django_db(transaction=True)


def make_due(alias: Alias) -> None:
    Alias.objects.filter(pk=alias.pk).update(due_at=timezone.now())


LATER = r"/alias/brand_[0-9]+_logo$"


def a_file(colour: str = "tomato", name: str = "logo.png") -> ContentFile[bytes]:
    return ContentFile(pictures.png(colour=colour), name)


def a_brand(colour: str = "tomato") -> Brand:
    brand = Brand(name="Acme", logo=a_file(colour))
    brand.save()
    return brand


def replace(brand: Brand, colour: str) -> Brand:
    brand.logo = a_file(colour)
    brand.save()
    return brand


@pytest.mark.smoke
def test_alias__points_at_the_image_and_stands_in_the_column(rokka: RokkaStorage) -> None:
    brand = a_brand()
    alias = f"brand_{brand.pk}_logo"
    assert rokka.client.aliases.get(alias).hash == brand.logo.hash
    assert brand.logo.alias == alias
    assert Brand.objects.get().logo.name == f"{brand.logo.hash}/-_{alias}_-/40x30/logo.png"
    row = Alias.objects.get()
    assert (row.name, row.model, row.object_pk, row.field) == (
        alias,
        "testapp.brand",
        str(brand.pk),
        "logo",
    )
    assert row.is_confirmed
    assert (row.organization, row.attempts, row.last_error) == ("demo", 0, "")


@pytest.mark.smoke
def test_alias__keeps_its_url_and_shows_the_new_picture(rokka: RokkaStorage) -> None:
    brand = a_brand("#ff0000")
    url = brand.logo.url_for(by="alias")
    assert fetch_picture(url).getpixel((5, 5)) == (255, 0, 0)
    by_hash = brand.logo.url
    replace(brand, "#0000ff")
    assert Brand.objects.get().logo.url_for(by="alias") == url
    assert fetch_picture(url).getpixel((5, 5)) == (0, 0, 255)
    assert Brand.objects.get().logo.url != by_hash


def test_saving__without_a_change_asks_nobody(rokka: RokkaStorage) -> None:
    brand = a_brand()
    with assert_no_rokka_calls():
        brand.save()
        Brand.objects.get().save()


def test_replacing__uploads_moves_and_invalidates_once(rokka: RokkaStorage) -> None:
    brand = a_brand()
    with observe_calls() as calls:
        replace(brand, "blue")
    alias = f"/sourceimages/demo/alias/{brand.logo.alias}"
    assert [(call.method, call.path.partition("?")[0]) for call in calls] == [
        ("POST", "/sourceimages/demo"),
        ("PUT", alias),
        ("DELETE", f"{alias}/cache"),
    ]


def test_replacing__by_the_same_picture_moves_nothing(rokka: RokkaStorage) -> None:
    brand = a_brand()
    replace(brand, "tomato")
    with observe_calls() as calls:
        brand.save()
    assert calls == []
    assert Brand.objects.get().logo.alias == f"brand_{brand.pk}_logo"


def test_moving__waits_for_the_commit(rokka: RokkaStorage) -> None:
    with transaction.atomic():
        with observe_calls() as calls:
            brand = a_brand()
        assert [call.method for call in calls] == ["POST"]
        assert brand.logo.alias == ""
        assert not Alias.objects.get().is_confirmed
    assert brand.logo.alias == f"brand_{brand.pk}_logo"
    assert Alias.objects.get().is_confirmed


@pytest.mark.django_db(transaction=False)
def test_moving__happens_in_captured_callbacks(
    rokka: RokkaStorage, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        brand = a_brand()
    *others, move = callbacks
    for act in others:
        act()
    assert Brand.objects.get().logo.alias == ""
    move()
    assert Brand.objects.get().logo.alias == f"brand_{brand.pk}_logo"


def test_rollback__moves_nothing_and_leaves_the_row(rokka: RokkaStorage) -> None:
    brand = a_brand()
    before = Brand.objects.values().get()
    with observe_calls() as calls, transaction.atomic():
        replace(brand, "blue")
        transaction.set_rollback(True)
    assert [call.method for call in calls] == ["POST"]
    assert Brand.objects.values().get() == before
    row = Alias.objects.get()
    assert rokka.client.aliases.get(row.name).hash == row.target_hash == row.confirmed_hash


def test_rollback__of_a_new_row_leaves_no_alias(rokka: RokkaStorage) -> None:
    with observe_calls() as calls, transaction.atomic():
        a_brand()
        transaction.set_rollback(True)
    assert [call.method for call in calls] == ["POST"]
    assert not Alias.objects.exists()


def test_two_saves__in_one_transaction_end_at_the_last_image(rokka: RokkaStorage) -> None:
    with transaction.atomic():
        brand = a_brand("red")
        replace(brand, "blue")
    row = Alias.objects.get()
    assert rokka.client.aliases.get(row.name).hash == brand.logo.hash == row.confirmed_hash
    assert Brand.objects.get().logo.alias == row.name


def test_object__that_holds_another_file_by_then_keeps_it(
    rokka: RokkaStorage, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction.atomic():
        brand = a_brand()
        brand.logo = a_file("blue", "next.png")
    assert brand.logo.name == "next.png"
    assert Brand.objects.get().logo.alias == f"brand_{brand.pk}_logo"
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_save__of_other_columns_moves_nothing(rokka: RokkaStorage) -> None:
    brand = a_brand()
    brand.logo = brand.logo.reference._replace(alias="").__str__()
    with assert_no_rokka_calls():
        brand.save(update_fields=["name"])


def test_raw_save__moves_nothing(rokka: RokkaStorage) -> None:
    brand = Brand(pk=1, name="Acme", logo=f"{'a' * 40}/40x30/logo.png")
    with assert_no_rokka_calls():
        brand.save_base(raw=True)
    assert not Alias.objects.exists()


def test_row__of_a_child_and_of_its_parent_share_the_alias(
    rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Portrait._meta.get_field("image"), "alias", "{model}_{pk}")
    portrait = Portrait.objects.create(image=a_file())
    photo = portrait.photo_ptr
    photo.image = a_file("blue")
    photo.save()
    row = Alias.objects.get()
    assert (row.name, row.model) == (f"photo_{photo.pk}", "testapp.photo")
    assert rokka.client.aliases.get(row.name).hash == photo.image.hash


def test_names__are_made_of_columns_and_keys(rokka: RokkaStorage) -> None:
    Leaflet.objects.create(slug="spring-sale", page=a_file())
    Poster.objects.create(slug="spring-sale", page=a_file())
    contract = Contract.objects.create(scan=a_file())
    names = {"leaflet_spring_sale_page", "poster_spring_sale_page", f"contract_{contract.pk.hex}"}
    assert set(Alias.objects.values_list("name", flat=True)) == names
    for name in names:
        assert rokka.client.aliases.get(name).hash
    assert fetch_picture(contract.scan.url).size == (40, 30)


def test_name__of_another_row_is_not_taken_over(
    rokka: RokkaStorage, caplog: pytest.LogCaptureFixture
) -> None:
    first = Leaflet.objects.create(slug="spring", page=a_file("red"))
    second = Leaflet.objects.create(slug="spring", page=a_file("blue"))
    assert rokka.client.aliases.get("leaflet_spring_page").hash == first.page.hash
    assert second.page.alias == ""
    words = f"testapp.leaflet {second.pk} claims the alias 'leaflet_spring_page'"
    assert f"{words} of testapp.leaflet {first.pk}. It was not moved." in caplog.text


def test_alias__set_by_somebody_else_is_not_taken_over(
    rokka: RokkaStorage, caplog: pytest.LogCaptureFixture
) -> None:
    foreign = rokka.upload("foreign.png", a_file("green"))
    rokka.client.aliases.create("leaflet_spring_page", foreign.hash)
    leaflet = Leaflet.objects.create(slug="spring", page=a_file("blue"))
    row = Alias.objects.get()
    assert rokka.client.aliases.get(row.name).hash == foreign.hash
    assert Leaflet.objects.get().page.alias == ""
    assert (row.is_confirmed, row.attempts) == (False, 1)
    for text in (row.last_error, caplog.text):
        assert f"points at {foreign.hash} and this project did not set it" in text
        assert f"not moved to {leaflet.page.hash}" in text


def test_alias__set_by_somebody_else_to_the_same_image_is_confirmed(rokka: RokkaStorage) -> None:
    foreign = rokka.upload("foreign.png", a_file())
    rokka.client.aliases.create("leaflet_spring_page", foreign.hash)
    Leaflet.objects.create(slug="spring", page=a_file())
    assert Alias.objects.get().is_confirmed
    assert Leaflet.objects.get().page.alias == "leaflet_spring_page"


def test_outage__while_moving_is_noted_and_made_good_by_the_next_save(
    rokka: RokkaStorage, server: EmulatorServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.emulator.faults.add(method="PUT", path=LATER, status=503)
    brand = a_brand()
    row = Alias.objects.get()
    assert "rokka failed at PUT" in row.last_error
    assert (row.is_confirmed, row.attempts) == (False, 1)
    assert f"The alias '{row.name}' was not moved" in caplog.text
    assert brand.logo.alias == ""
    assert brand.logo.url_for(by="alias") == brand.logo.url
    Brand.objects.get().save()
    row.refresh_from_db()
    assert (row.is_confirmed, row.attempts, row.last_error) == (True, 0, "")
    assert Brand.objects.get().logo.alias == row.name


def test_outage__while_moving_on_keeps_the_old_picture_behind_the_alias(
    rokka: RokkaStorage, server: EmulatorServer
) -> None:
    brand = a_brand("#ff0000")
    url = brand.logo.url_for(by="alias")
    server.emulator.faults.add(method="PUT", path=LATER, status=503)
    replace(brand, "#0000ff")
    assert fetch_picture(url).getpixel((5, 5)) == (255, 0, 0)
    Brand.objects.get().save()
    assert fetch_picture(url).getpixel((5, 5)) == (0, 0, 255)


@pytest.mark.parametrize(
    ("status", "outcome"), [(403, CacheInvalidation.REFUSED), (429, CacheInvalidation.OPEN)]
)
def test_invalidation__that_is_refused_leaves_the_alias_moved(
    status: int, outcome: str, rokka: RokkaStorage, server: EmulatorServer
) -> None:
    brand = a_brand()
    server.emulator.faults.add(method="DELETE", path="/cache$", status=status)
    replace(brand, "blue")
    row = Alias.objects.get()
    assert (row.state, row.attempts, row.last_error) == ("in_step", 0, "")
    assert Brand.objects.get().logo.alias == row.name
    wish = CacheInvalidation.objects.get()
    assert (wish.kind, wish.key, wish.outcome) == ("alias", row.name, outcome)
    assert wish.last_error


def test_invalidations__beyond_ten_an_hour_wait_as_one(rokka: RokkaStorage) -> None:
    brand = a_brand()
    for number in range(13):
        replace(brand, f"#0000{number:02x}")
    row = Alias.objects.get()
    assert row.state == "in_step"
    assert rokka.client.aliases.get(row.name).hash == brand.logo.hash
    assert CacheInvalidation.objects.exclude(answered_at=None).count() == 10
    (wish,) = invalidation.get_status(rokka).wishes
    assert (wish.key, wish.wishes) == (row.name, 3)


def test_invalidation__is_not_wished_by_a_site_without_a_share(
    rokka: RokkaStorage, configure: Any
) -> None:
    configure(invalidation_budget=0)
    replace(a_brand(), "blue")
    assert Alias.objects.get().state == "in_step"
    assert not CacheInvalidation.objects.exists()


def test_missing_settings__let_the_row_be_saved(
    rokka: RokkaStorage, configure: Any, caplog: pytest.LogCaptureFixture
) -> None:
    brand = a_brand()
    Brand.objects.update(logo=str(brand.logo.reference._replace(alias="")))
    configure(organization="")
    brand = Brand.objects.get()
    brand.name = "Other"
    brand.save()
    assert Brand.objects.get().name == "Other"
    assert "A rokka storage has no organization" in caplog.text


def test_column__without_room_for_the_alias_is_noted(
    rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Brand._meta.get_field("logo"), "max_length", 50)
    reference = rokka.upload("logo.png", a_file())
    Brand.objects.create(name="Acme", logo=f"{reference.hash}.png")
    row = Alias.objects.get()
    assert "does not fit into 50 characters" in row.last_error
    assert not row.is_confirmed


def test_apply__of_a_row_that_is_gone_or_empty_moves_nothing(rokka: RokkaStorage) -> None:
    brand = a_brand()
    row = Alias.objects.get()
    with assert_no_rokka_calls():
        Brand.objects.update(logo="")
        make_due(row)
        result = aliases.apply_one(row.pk, using="default")
        assert result == aliases.Result(name=row.name, outcome="in_step", hash=row.confirmed_hash)
        brand.delete()
        make_due(row)
        assert aliases.apply_one(row.pk, using="default") == result
        assert aliases.apply_one(row.pk, using="default") is None


def test_apply__follows_an_image_that_was_stored_meanwhile(
    rokka: RokkaStorage, server: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand = a_brand("red")
    newer = rokka.upload("newer.png", a_file("blue"))
    create = rokka.client.aliases.create

    def create_late(*args: Any, **kwargs: Any) -> Any:
        Brand.objects.filter(pk=brand.pk).update(logo=str(newer))
        return create(*args, **kwargs)

    monkeypatch.setattr(rokka.client.aliases, "create", create_late)
    row = Alias.objects.get()
    Brand.objects.update(logo=str(rokka.upload("green.png", a_file("green"))))
    make_due(row)
    aliases.apply_one(row.pk, using="default")
    assert Brand.objects.get().logo.name == str(newer._replace(alias=row.name))
    assert rokka.client.aliases.get(row.name).hash == newer.hash


def test_apply__ends_when_rokka_is_not_reached(
    rokka: RokkaStorage, server: EmulatorServer, caplog: pytest.LogCaptureFixture
) -> None:
    image = rokka.upload("logo.png", a_file())
    Brand.objects.bulk_create(Brand(name="Acme", logo=str(image)) for _ in range(5))
    aliases.reconcile()
    server.emulator.faults.add(method="PUT", path="/alias/", reset_at=0, times=None)
    report = aliases.apply()
    assert [result.outcome for result in report.results] == ["failed"] * 3
    assert report.waiting == 5
    assert "rokka was not reached 3 times; the rest waits." in caplog.text


def test_apply__of_so_many_or_for_so_long_leaves_the_rest(rokka: RokkaStorage) -> None:
    image = rokka.upload("logo.png", a_file())
    Brand.objects.bulk_create(Brand(name="Acme", logo=str(image)) for _ in range(5))
    aliases.reconcile()
    assert (len(aliases.apply(limit=2).results), aliases.apply(deadline=0).waiting) == (2, 3)
    report = aliases.apply()
    assert [result.outcome for result in report.results] == ["created"] * 3
    assert (report.waiting, report.errors) == (0, ())


def test_url__is_the_same_to_the_letter_whatever_file_is_behind_it(rokka: RokkaStorage) -> None:
    brand = a_brand()
    url = brand.logo.url_for("thumb", by="alias")
    assert url.endswith(f"/thumb/-_brand_{brand.pk}_logo_-.png")
    files = {"Sommer Logo.jpg": pictures.jpeg(), "neu.gif": pictures.gif(), "x.svg": pictures.svg()}
    for name, data in files.items():
        brand.logo = ContentFile(data, name)
        brand.save()
        assert Brand.objects.get().logo.url_for("thumb", by="alias") == url
