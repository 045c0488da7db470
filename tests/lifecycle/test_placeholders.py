"""The placeholder of a picture: written after the commit, gone as soon as there is another one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from django_rokka import placeholders
from django_rokka.client import observe_calls
from django_rokka.models import SourceImage
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.lifecycle.mirror import Mirror, a_file
from tests.testapp.models import Cover

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "LKO2?U%2Tw=w]~RBVZRi};RPxuwH"


def stored(cover: Cover) -> str:
    return str(Cover.objects.values_list("placeholder", flat=True).get(pk=cover.pk))


def fill(cover: Cover) -> str:
    return placeholders.complete("testapp.cover", str(cover.pk), "image", using="default")


def test_save__brings_the_placeholder_to_the_row_and_the_mirror(mirror: Mirror) -> None:
    cover = Cover.objects.create(image=a_file())
    text = stored(cover)
    assert len(text) == 28
    assert SourceImage.objects.get().placeholder == text
    cover.image = a_file("teal")
    cover.save()
    assert stored(cover) not in {"", text}


def test_save__brings_it_after_the_commit(mirror: Mirror) -> None:
    with transaction.atomic():
        cover = Cover.objects.create(image=a_file())
        assert stored(cover) == ""
    assert stored(cover)


def test_rollback__brings_none(mirror: Mirror) -> None:
    with observe_calls() as calls, transaction.atomic():
        Cover.objects.create(image=a_file())
        transaction.set_rollback(True)
    assert [call.method for call in calls] == ["POST"]


def test_save__without_a_change_fetches_nothing(mirror: Mirror) -> None:
    cover = Cover.objects.create(image=a_file())
    cover.refresh_from_db()
    with assert_no_rokka_calls(), CaptureQueriesContext(connection) as queries:
        cover.save()
    assert len(queries) == 1
    assert stored(cover) == cover.placeholder != ""


@pytest.mark.parametrize("names", [None, ["image"], ["image", "placeholder"]])
def test_other_picture__takes_the_placeholder_away_with_the_same_save(
    mirror: Mirror, names: list[str] | None
) -> None:
    cover = Cover.objects.create(image=a_file())
    cover.refresh_from_db()
    cover.image = a_file("teal")
    with transaction.atomic():
        cover.save(update_fields=names)
        assert stored(cover) == cover.placeholder == ""
        transaction.set_rollback(True)


def test_deferred_placeholder__is_taken_away_too(mirror: Mirror) -> None:
    Cover.objects.create(image=a_file())
    cover = Cover.objects.defer("placeholder").get()
    cover.image = a_file("teal")
    with transaction.atomic():
        cover.save()
        assert stored(cover) == ""
        transaction.set_rollback(True)


def test_no_picture__has_no_placeholder(mirror: Mirror) -> None:
    cover = Cover.objects.create(image=a_file())
    cover.refresh_from_db()
    cover.image = ""
    cover.save()
    assert stored(cover) == ""


def test_given_placeholder__of_a_new_row_stays(mirror: Mirror) -> None:
    with observe_calls() as calls:
        cover = Cover.objects.create(image=a_file(), placeholder=TEXT)
    assert [call.method for call in calls] == ["POST"]
    assert stored(cover) == TEXT


def test_image_of_another_row__has_its_placeholder_without_another_request(
    mirror: Mirror,
) -> None:
    first = Cover.objects.create(image=a_file())
    with observe_calls() as calls:
        second = Cover.objects.create(image=first.image)
    assert [call.path for call in calls] == [f"/sourceimages/demo/{first.image.hash}"]
    assert stored(second) == stored(first) != ""


def test_object__gets_the_placeholder_too_when_it_is_fetched_at_once(mirror: Mirror) -> None:
    cover = Cover.objects.create(image=a_file())
    assert cover.placeholder == stored(cover) != ""
    with assert_no_rokka_calls():
        cover.save()
    assert stored(cover) == cover.placeholder


@pytest.mark.parametrize("names", [None, ["image", "placeholder"]])
def test_second_save__of_an_object_from_before_the_placeholder_costs_no_request(
    mirror: Mirror, names: list[str] | None
) -> None:
    cover = Cover.objects.create(image=a_file())
    text = stored(cover)
    cover.placeholder = ""
    with assert_no_rokka_calls():
        cover.save(update_fields=names)
    assert stored(cover) == cover.placeholder == text != ""


def test_second_save__of_other_columns_looks_nothing_up(mirror: Mirror) -> None:
    cover = Cover.objects.create(image=a_file())
    text = stored(cover)
    cover.placeholder = ""
    with assert_no_rokka_calls(), CaptureQueriesContext(connection) as queries:
        cover.save(update_fields=["image", "caption"])
    assert len(queries) == 1
    assert stored(cover) == text


@pytest.mark.parametrize("image", ["", "holiday.jpg"])
def test_second_save__without_an_image_at_rokka_looks_nothing_up(
    mirror: Mirror, image: str
) -> None:
    cover = Cover.objects.create(image=image)
    with assert_no_rokka_calls(), CaptureQueriesContext(connection) as queries:
        cover.save()
    assert len(queries) == 1


def test_second_save__fetches_what_an_outage_kept_away(mirror: Mirror, server: Any) -> None:
    server.emulator.faults.add(method="GET", path="/render/", status=503)
    cover = Cover.objects.create(image=a_file())
    assert stored(cover) == cover.placeholder == ""
    cover.save()
    assert stored(cover) == cover.placeholder != ""


@pytest.mark.parametrize("order", ["assigned first", "assigned last"])
def test_new_row__of_a_copied_object_with_another_picture_has_that_ones_placeholder(
    mirror: Mirror, order: str
) -> None:
    cover = Cover.objects.create(image=a_file())
    text = stored(cover)
    if order == "assigned first":
        cover.image = a_file("teal")
    cover.pk = None
    cover._state.adding = True
    if order == "assigned last":
        cover.image = a_file("teal")
    with transaction.atomic():
        cover.save()
        assert stored(cover) == ""
    assert stored(cover) not in {"", text}


def test_new_row__of_a_copied_object_keeps_the_placeholder_of_its_picture(mirror: Mirror) -> None:
    cover = Cover.objects.create(image=a_file())
    cover.pk = None
    cover._state.adding = True
    cover.image = cover.image.name or ""
    with transaction.atomic():
        cover.save()
        assert stored(cover) == cover.placeholder != ""


@pytest.mark.parametrize("way", ["name", "save"])
def test_new_row__of_a_copied_object_that_is_changed_in_place_has_none_of_before(
    mirror: Mirror, way: str
) -> None:
    cover = Cover.objects.create(image=a_file())
    other = Cover.objects.create(image=a_file("teal"))
    cover.pk = None
    cover._state.adding = True
    if way == "name":
        cover.image.name = other.image.name
    else:
        cover.image.save("lake.png", a_file("teal"), save=False)
    with transaction.atomic():
        cover.save()
        assert stored(cover) == ""
    assert stored(cover) == stored(other) != ""


def test_complete__twice_is_once(mirror: Mirror) -> None:
    cover = Cover.objects.create(image=a_file())
    with assert_no_rokka_calls():
        assert not fill(cover)


def test_complete__leaves_a_row_alone_that_shows_another_picture_by_then(
    mirror: Mirror, server: Any
) -> None:
    cover = Cover.objects.create(image=a_file(), placeholder=TEXT)
    other = Cover.objects.create(image=a_file("teal"), placeholder=TEXT)
    Cover.objects.update(placeholder="")

    def replace(*arguments: Any) -> Any:
        execute, *rest = arguments
        if rest[0].startswith("UPDATE") and "placeholder" in rest[0] and "testapp" in rest[0]:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE testapp_cover SET image = %s", [other.image.name])
        return execute(*rest)

    with connection.execute_wrapper(replace):
        assert not fill(cover)
    assert stored(cover) == ""


def test_complete__counts_an_alias_as_the_same_picture(mirror: Mirror) -> None:
    cover = Cover.objects.create(image=a_file(), placeholder=TEXT)
    reference = cover.image.reference._replace(alias="summer")
    Cover.objects.update(placeholder="", image=str(reference))
    assert fill(cover)
    assert stored(cover)


@pytest.mark.parametrize("name", ["", "holiday.jpg", None])
def test_complete__of_what_is_no_image_does_nothing(mirror: Mirror, name: str | None) -> None:
    cover = Cover.objects.create()
    if name is not None:
        Cover.objects.update(image=name)
    else:
        Cover.objects.all().delete()
    with assert_no_rokka_calls():
        assert not fill(Cover(pk=cover.pk or 1))


def test_outage__is_logged_and_the_row_is_saved(
    mirror: Mirror, server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server.emulator.faults.add(method="GET", path="/render/", status=503)
    cover = Cover.objects.create(image=a_file())
    assert stored(cover) == ""
    assert "No placeholder for testapp.Cover.image" in caplog.text
    assert fill(cover)


def test_protected_image__is_fetched_by_a_signed_url(rokka: RokkaStorage) -> None:
    from django.core.files.base import ContentFile

    reference = rokka.upload("a.png", ContentFile(pictures.png()), is_protected=True)
    assert len(rokka.fetch_placeholder(reference)) == 28


def test_alt__is_the_text_of_its_column() -> None:
    reference = f"{'0' * 40}/4x3/lake.png"
    assert Cover(image=reference, caption="A lake").image.alt == "A lake"
    assert Cover(image=reference).image.alt == ""
