"""What has hurt users of other image packages when images are shown, and does not here.

The numbers are those of a survey of issue trackers, which has some pains without a number too;
each name tells its story.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.forms import modelform_factory
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from django_rokka import library
from django_rokka.client import observe_calls
from django_rokka.emulator import EmulatorServer
from django_rokka.forms import RokkaImageField
from django_rokka.models import SourceImage
from django_rokka.render import Operation
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls, emulate_rokka

from tests import pictures
from tests.lifecycle.mirror import Mirror, a_file, list_requests
from tests.pages import fetch_picture, find_elements
from tests.test_forms import files
from tests.testapp.models import Cover, Photo

pytestmark = pytest.mark.django_db(transaction=True)

PhotoForm = modelform_factory(Photo, fields=["title", "image"])


class ChoosingForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    image = RokkaImageField(choose=True)

    class Meta:
        model = Photo
        fields = ("image",)


def a_photo(colour: str = "tomato") -> Photo:
    photo: Photo = Photo.objects.create(title="Lake", image=a_file(colour))
    return photo


def show(text: str, **context: Any) -> str:
    return Template("{% load rokka %}" + text).render(Context(context))


def get_pixel(image: Any) -> tuple[int, ...]:
    """Return the colour in the middle of what is left when all but the subject is cut off."""
    url = image.url_for(operations=(Operation("crop", width=10, height=10),), format="png")
    pixel: tuple[int, ...] = fetch_picture(url).getpixel((5, 5))  # type: ignore[assignment]  # of RGB
    return pixel


def an_upload(data: bytes | None = None, name: str = "lake.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pictures.png() if data is None else data)


def halves() -> ContentFile[bytes]:
    """Return a picture that is red on the left, and blue on the right."""
    image = Image.new("RGB", (40, 30), "red")
    image.paste("blue", (20, 0, 40, 30))
    with BytesIO() as file:
        image.save(file, "PNG")
        return ContentFile(file.getvalue(), "halves.png")


# Hidden calls, speed


def test_pain_17__a_row_whose_size_columns_are_empty_is_loaded_without_a_call(
    mirror: Mirror, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    a_photo()
    Photo.objects.update(image_width=None, image_height=None)
    with assert_no_rokka_calls(), django_assert_num_queries(2):
        photo = Photo.objects.get()
        assert (photo.image.width, photo.image.height) == (40, 30)
        photo.image = photo.image.name
        photo.refresh_from_db()
        assert (photo.image.width, photo.image.height) == (40, 30)


def test_pain_22__a_page_with_many_images_costs_the_one_query_of_its_rows(
    mirror: Mirror, rokka: RokkaStorage, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    reference = str(rokka.upload("lake.png", a_file()))
    Cover.objects.bulk_create(Cover(image=reference, caption=str(n)) for n in range(20))
    text = (
        "{% for cover in covers %}{% rokka_img cover.image widths='10 20' alt=cover.image.alt %}"
        "{% rokka_url cover.image by='alias' %}{{ cover.image.height }}{{ cover.placeholder }}"
        "{% endfor %}"
    )
    with assert_no_rokka_calls(), django_assert_num_queries(1):
        page = show(text, covers=Cover.objects.all())
    assert len(find_elements(page, "img")) == 20


def test_pain_24__the_bytes_of_a_form_travel_before_the_transaction_of_its_save(
    mirror: Mirror,
) -> None:
    form = PhotoForm({"title": "Lake"}, files(image=an_upload()))
    with observe_calls() as calls:
        assert form.is_valid()
    assert list_requests(calls) == [("POST", "/sourceimages/demo")]
    with transaction.atomic(), assert_no_rokka_calls():
        form.save()
    assert Photo.objects.get().image


def test_pain_26__a_list_in_the_admin_and_the_mirror_ask_rokka_for_nothing(
    mirror: Mirror, rokka: RokkaStorage, admin_client: Client
) -> None:
    for colour in ("red", "teal", "navy"):
        a_photo(colour)
    with assert_no_rokka_calls():
        page = admin_client.get("/admin/testapp/photo/").content
        images = list(SourceImage.objects.alive().search("lake"))
        sizes = [(image.size > 0, image.width, image.height) for image in images]
    assert len(find_elements(page, "img")) == 3
    assert sizes == [(True, 40, 30)] * 3


def test_pain_26__the_mirror_is_synced_by_pages_and_not_by_images(
    rokka: RokkaStorage, server: EmulatorServer
) -> None:
    counts = []
    for colours in (("red",), ("teal", "navy", "gold", "pink", "lime", "gray")):
        for colour in colours:
            rokka.upload(f"{colour}.png", a_file(colour))
        server.emulator.clock.advance(60)  # lists at rokka lag
        with observe_calls() as calls:
            library.sync(rokka)
        counts.append(len(calls))
    assert SourceImage.objects.count() == 7
    assert counts[0] == counts[1]


def test_pain_28__a_slow_upload_ends_before_a_platform_would_end_the_request(
    mirror: Mirror, configure: Callable[..., RokkaStorage], server: EmulatorServer
) -> None:
    assert configure().config.upload_deadline < 30
    configure(upload_deadline=0.3)
    server.emulator.faults.add(method="POST", path="/sourceimages/", delay=20)
    form = PhotoForm({"title": "Lake"}, files(image=an_upload()))
    started = time.monotonic()
    with CaptureQueriesContext(connection) as queries:
        assert set(form.errors) == {"image"}
    assert time.monotonic() - started < 3
    assert len(queries) == 0


def test_pain_28__an_image_that_went_up_elsewhere_is_chosen_and_sends_no_bytes(
    mirror: Mirror, rokka: RokkaStorage
) -> None:
    reference = rokka.client.source_images.create(BytesIO(pictures.png()), name="lake.png")
    form = ChoosingForm({"image-chosen": reference.hash}, files())
    with observe_calls() as calls:
        assert form.is_valid(), form.errors
        photo = form.save()
    assert photo.image.hash == reference.hash
    assert {call.method for call in calls} == {"GET"}


# Correctness


def test_pain_38__a_subject_area_survives_a_form_with_an_error_and_one_without(
    mirror: Mirror, rokka: RokkaStorage
) -> None:
    photo = a_photo()
    photo.image.set_subject_area(x=3, y=4)
    photo.save()
    wrong = PhotoForm({"title": "x" * 101}, files(), instance=Photo.objects.get())
    assert not wrong.is_valid()
    assert photo.image.hash in str(wrong)
    PhotoForm({"title": "Shore"}, files(), instance=Photo.objects.get()).save()
    assert Photo.objects.get().image.hash == photo.image.hash
    image = rokka.client.source_images.get(photo.image.hash)
    assert image.dynamic_metadata["subject_area"]["x"] == 3


def test_pain_39__another_subject_area_shows_another_crop_after_one_write_of_the_row(
    mirror: Mirror,
) -> None:
    photo = Photo.objects.create(image=halves())
    photo.image.set_subject_area(x=2, y=15)
    photo.save()
    old = photo.image.hash
    assert get_pixel(photo.image) == (255, 0, 0)
    with CaptureQueriesContext(connection) as queries:
        for x in (10, 20, 38):  # as a hand that drags a point
            photo.image.set_subject_area(x=x, y=15)
        photo.save()
    written = [query["sql"] for query in queries if "UPDATE" in query["sql"]]
    assert len([text for text in written if "testapp_photo" in text]) == 1
    assert get_pixel(Photo.objects.get().image) == (0, 0, 255)
    assert old in mirror.released
    assert photo.image.hash not in mirror.released


# Seen as well


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pain_seen_as_well__a_photo_on_its_side_has_the_size_that_is_shown(
    mirror: Mirror, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    with BytesIO() as file:
        Image.new("RGB", (40, 30)).save(file, "JPEG", exif=exif)
        form = PhotoForm({}, files(image=an_upload(file.getvalue(), "lake.jpg")))
    photo = form.save()
    photo = Photo.objects.get()
    size = (40, 30) if orientation < 5 else (30, 40)
    assert (photo.image.width, photo.image.height) == size
    assert (photo.image_width, photo.image_height) == size
    assert fetch_picture(photo.image.url).size == size


def test_pain_seen_as_well__a_copy_of_productions_database_works_without_its_images(
    tmp_path: Path,
) -> None:
    with emulate_rokka():
        digest = Photo.objects.create(title="Lake", image=a_file()).image.hash
        with StringIO() as written:
            call_command("dumpdata", "testapp.photo", stdout=written)
            (tmp_path / "dump.json").write_text(written.getvalue())
        Photo.objects.all().delete()
    with emulate_rokka(redirect_missing="https://{organization}.example.com") as here:
        with assert_no_rokka_calls():
            call_command("loaddata", str(tmp_path / "dump.json"), verbosity=0)
            photo = Photo.objects.get()
            page = show("{% rokka_img photo.image %}", photo=photo)
            PhotoForm({"title": "Shore"}, files(), instance=photo).save()
        (shown,) = find_elements(page, "img")
        assert (shown["width"], shown["height"]) == ("40", "30")
        answer = here.fetch(shown["src"])
        # The pictures themselves come from production.
        assert answer.status == 302
        assert digest in answer.headers["Location"]
        assert answer.headers["Location"].startswith("https://demo.example.com/")


def test_pain_seen_as_well__the_same_picture_twice_is_one_image_that_both_rows_name(
    mirror: Mirror,
) -> None:
    first, second = a_photo(), Photo.objects.create(image=a_file(name="copy.png"))
    assert [image.hash for image in SourceImage.objects.all()] == [first.image.hash]
    found = Photo.objects.filter(image__hash=first.image.hash)
    assert set(found) == {first, second}
    assert not SourceImage.objects.duplicates()


def test_pain_seen_as_well__other_images_of_the_same_file_are_known_as_duplicates(
    mirror: Mirror,
) -> None:
    photo = a_photo()
    a_photo("teal")
    old = photo.image.hash
    photo.image.set_subject_area(x=3, y=4)
    photo.save()
    hashes = set(SourceImage.objects.duplicates().values_list("hash", flat=True))
    assert hashes == {old, photo.image.hash}


@pytest.mark.parametrize("caption", ["", 'The "lake"'])
def test_pain_seen_as_well__an_alternative_text_may_be_empty_and_is_written_then(
    mirror: Mirror, rokka: RokkaStorage, caption: str
) -> None:
    cover = Cover(image=str(rokka.upload("lake.png", a_file())), caption=caption)
    for text in ("alt=cover.image.alt", f"alt='{caption}'"):
        (image,) = find_elements(
            show("{% rokka_img cover.image " + text + " %}", cover=cover), "img"
        )
        assert image["alt"] == caption
