"""What has hurt users of other image packages in forms, and does not here.

The numbers are those of a survey of issue trackers, which has some pains without a number too;
each test names where it was reported.
"""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.core.validators import FileExtensionValidator
from django.db import connection
from django.forms import inlineformset_factory
from django.test import Client
from django.test.utils import CaptureQueriesContext

from django_rokka.client import observe_calls
from django_rokka.emulator import EmulatorServer
from django_rokka.forms import RokkaImageField
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.pages import find_elements
from tests.test_forms import an_upload, files, huge_png
from tests.test_forms_checks import box
from tests.test_forms_uploads import receipts, refuse
from tests.testapp.models import Album, AlbumPage, Photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rokka")]

BLUE = pictures.jpeg(colour="blue")


class PhotoForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = Photo
        fields = ("title", "image")


PageFormSet = inlineformset_factory(Album, AlbumPage, fields=["picture"], extra=1)


def test_pain_5__the_same_file_sent_again_for_its_own_row_stays() -> None:
    """wagtail PR#4567, fec-cms#2303: uploading the same file again deleted it."""
    photo = Photo.objects.create(image=an_upload())
    PhotoForm({}, files(image=an_upload()), instance=photo).save()
    with Photo.objects.get().image.open() as file:
        assert file.read() == pictures.jpeg()


def test_pain_8__an_old_file_outlives_a_new_one_that_is_refused(rokka: RokkaStorage) -> None:
    """django-stdimage#229, django-cleanup#4."""
    photo = Photo.objects.create(image=an_upload())
    old = photo.image.name or ""
    form = PhotoForm({"title": "x" * 101}, files(image=an_upload(BLUE)), instance=photo)
    assert not form.is_valid()
    assert Photo.objects.get().image.name == old
    assert rokka.exists(old)
    assert photo.image.name == old  # and the page that shows the object shows it


def test_pain_12__a_reference_that_a_browser_made_up_is_not_trusted() -> None:
    """django-s3direct#19, #254, django-s3-file-field#30."""
    for forged in (f"{'a' * 40}/40x30/lake.jpg", "a" * 40):
        for name in ("image", "image-uploaded", "image-chosen"):
            form = PhotoForm({name: forged}, files())
            if name == "image-uploaded":
                refuse(form)
            else:
                assert not form.save(commit=False).image


@pytest.mark.parametrize("place", [0, 5, 10_000])
def test_pain_13__a_file_that_somebody_has_read_is_uploaded_whole(place: int) -> None:
    """django-storages#382, #871; pycloudinary#235."""
    upload = an_upload()
    upload.seek(place)
    form = PhotoForm({}, files(image=upload))
    form.save()
    with Photo.objects.get().image.open() as file:
        assert file.read() == pictures.jpeg()
    assert not upload.closed


def test_pain_13__a_file_on_disk_is_uploaded_whole() -> None:
    """django-storages#871: what is larger than FILE_UPLOAD_MAX_MEMORY_SIZE is on disk."""
    with TemporaryUploadedFile("lake.jpg", "image/jpeg", len(BLUE), None) as upload:
        upload.write(BLUE)
        PhotoForm({}, files(image=upload)).save()
    with Photo.objects.get().image.open() as file:
        assert file.read() == BLUE


def test_pain_13__a_file_without_bytes_is_refused() -> None:
    """django-storages PR#373: an object of zero bytes."""
    with assert_no_rokka_calls():
        form = PhotoForm({}, files(image=an_upload(b"")))
        assert form.errors == {"image": ["The submitted file is empty."]}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 503])
def test_pain_14__an_answer_that_is_no_success_is_an_error(
    status: int, server: EmulatorServer
) -> None:
    """django-storages#902, django-bunny-storage ignores the status."""
    server.emulator.faults.add(method="POST", path="/sourceimages/", status=status)
    form = PhotoForm({}, files(image=an_upload()))
    assert set(form.errors) == {"image"}
    assert not Photo.objects.exists()


def test_pain_18__the_page_of_a_form_asks_neither_rokka_nor_the_database() -> None:
    """django-image-cropping#15: an outage of the storage took whole pages down."""
    photo = Photo.objects.create(image=an_upload())
    with assert_no_rokka_calls(), CaptureQueriesContext(connection) as queries:
        assert photo.image.hash in str(PhotoForm(instance=photo))
    assert len(queries) == 0


def test_pain_25__an_upload_is_not_read_back_after_the_save() -> None:
    """coralnet#250: what was just saved cannot always be read."""
    with observe_calls() as calls:
        photo = PhotoForm({}, files(image=an_upload())).save()
        assert (photo.image.width, photo.image_width) == (40, 40)
    assert [call.method for call in calls] == ["POST"]


@pytest.mark.parametrize("name", ["x" * 300 + ".jpg", "ä" * 250 + ".jpg"])
def test_pain_31__a_name_that_is_long_fits_the_column(name: str) -> None:
    """django-boto#35, open-zaak#2385, micromasters#1985."""
    photo = PhotoForm({}, files(image=an_upload(name=name))).save()
    assert len(Photo.objects.get(pk=photo.pk).image.name or "") <= 100


def test_pain_32__a_stored_image_is_not_validated_by_the_name_of_its_file() -> None:
    """django-cloudinary-storage#5, Django #28242: a stored name without an extension."""

    class StrictForm(PhotoForm):
        image = RokkaImageField(validators=[FileExtensionValidator(["png"])], required=False)

    photo = Photo.objects.create(image=an_upload(name="lake"))
    assert StrictForm({"title": "New"}, files(), instance=photo).is_valid()
    assert not StrictForm({}, files(image=an_upload(name="lake.jpg")), instance=photo).is_valid()


def test_pain_38__an_inline_with_an_error_keeps_image_and_upload() -> None:
    """django-versatileimagefield#7, #9, #22, #44: lost in inlines and after an error."""
    album = Album.objects.create(title="Lakes")
    page = AlbumPage.objects.create(album=album, picture=an_upload())
    data: dict[str, Any] = {
        "albumpage_set-TOTAL_FORMS": "3",
        "albumpage_set-INITIAL_FORMS": "1",
        "albumpage_set-0-id": page.pk,
    }
    sent = files(
        **{
            "albumpage_set-1-picture": an_upload(BLUE, "blue.jpg"),
            "albumpage_set-2-picture": an_upload(b"Dear Sir", "letter.jpg"),
        }
    )
    formset = PageFormSet(data, sent, instance=album)
    assert not formset.is_valid()
    shown = [image["src"] for image in find_elements(str(formset), "img")]
    assert page.picture.hash in shown[0]
    assert len(shown) == 2
    with assert_no_rokka_calls():
        # A browser that adds a form and moves on sends what it was shown.
        again = PageFormSet({**data, **receipts(formset)}, files(), instance=album)
        assert again.is_valid(), again.errors
        again.save()
    slugs = [row.picture.reference.slug for row in AlbumPage.objects.order_by("pk")]
    assert slugs == ["lake", "blue"]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (pictures.svg(), "logo.svg"),
        (pictures.avif(), "lake.avif"),
        (box(b"heic", b"mif1") + b"\0" * 600, "IMG_1.HEIC"),
    ],
)
def test_pain_seen_as_well__a_format_that_pillow_cannot_read_is_left_to_rokka(
    data: bytes, name: str
) -> None:
    """blog-lotus#39, django-filer PR#1623, netbox#19198."""
    form = PhotoForm({}, files(image=an_upload(data, name)))
    with observe_calls() as calls:
        form.is_valid()
    assert [call.method for call in calls] == ["POST"]


def test_pain_seen_as_well__a_bomb_is_refused_without_being_decoded() -> None:
    """wagtail#1326, #5088: a small file that says to hold 900 megapixels."""
    form = PhotoForm({}, files(image=an_upload(huge_png(), "huge.png")))
    assert "more than 225 megapixels" in form.errors["image"][0]


def test_pain_seen_as_well__a_page_with_an_old_broken_name_can_be_saved(client: Client) -> None:
    """imagekit#461, wagtail#935: a missing file killed the page."""
    photo = Photo.objects.create(image="gone/holiday.jpg")
    form = PhotoForm(instance=photo)
    assert "is no image reference" in str(form)
    sent = SimpleUploadedFile("new.jpg", BLUE)
    form = PhotoForm({}, files(image=sent), instance=photo)
    assert form.is_valid(), form.errors
    assert form.save().image.reference.slug == "new"
