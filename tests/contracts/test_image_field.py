"""What Django promises of an ``ImageField``, its value and its forms."""

from __future__ import annotations

import copy
import io
import pickle
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import SuspiciousFileOperation, ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db.models import F, ImageField, Q
from django.db.models.fields.files import FieldFile, ImageFieldFile
from django.db.models.functions import Length
from django.forms import modelform_factory, modelformset_factory
from django.utils.datastructures import MultiValueDict
from PIL import Image

from django_rokka.client import observe_calls
from django_rokka.fields import RokkaFieldFile, RokkaImage
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.contracts.models import Member, Person, PhotoByProxy, create_tables
from tests.pages import fetch_picture, find_elements, read_words
from tests.testapp.models import Album, AlbumPage, Brand, Photo, Portrait

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rokka")]

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
REFERENCE = f"{HASH}/1600x900/the-lake.png"
TALL: dict[str, Any] = {"width": 4, "height": 8}
WIDE: dict[str, Any] = {"width": 8, "height": 4}


def a_file(name: str = "lake.png", **options: Any) -> ContentFile[bytes]:
    return ContentFile(pictures.png(**options), name)


def sent(name: str = "lake.png", **options: Any) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pictures.png(**options), "image/png")


def sizes(person: Person, name: str = "mugshot") -> tuple[Any, ...]:
    """Return the size of an image by its value and by its columns."""
    image = getattr(person, name)
    told = (image.width, image.height) if image else (None, None)
    return (*told, getattr(person, f"{name}_width"), getattr(person, f"{name}_height"))


def ask_for(image: RokkaFieldFile, name: str) -> None:
    """Read an attribute, and call it where it is a method."""
    found = getattr(image, name)
    if callable(found):
        found()


@pytest.fixture
def tables() -> None:
    create_tables(Person, Member)


# The value


def test_default_value__is_an_empty_field_file_that_knows_its_row() -> None:
    photo = Photo()
    assert isinstance(photo.image, RokkaFieldFile)
    assert isinstance(photo.image, ImageFieldFile)
    assert not photo.image
    assert photo.image.instance is photo
    assert photo.image.field is Photo._meta.get_field("image")
    assert photo.image == ""


def test_field__is_an_image_field_to_whoever_asks() -> None:
    field = Photo._meta.get_field("image")
    assert isinstance(field, ImageField)
    assert field.get_internal_type() == "FileField"
    assert field.attr_class is RokkaFieldFile
    assert Photo.image.field is field


@pytest.mark.parametrize("empty", [None, ""], ids=repr)
def test_assignment__of_nothing_is_an_empty_value(empty: Any) -> None:
    photo = Photo(image=REFERENCE)
    photo.image = empty
    assert isinstance(photo.image, RokkaFieldFile)
    assert not photo.image
    photo.save()
    assert Photo.objects.values_list("image", flat=True).get() == ""


def test_assignment__of_a_text_is_the_name_and_asks_nobody() -> None:
    photo = Photo()
    with assert_no_rokka_calls():
        photo.image = REFERENCE
        assert (photo.image.name, photo.image.width) == (REFERENCE, 1600)
        photo.save()
    assert Photo.objects.get().image == REFERENCE


@pytest.mark.parametrize("kind", [ContentFile, File, ImageFile, SimpleUploadedFile])
def test_assignment__of_a_file_is_uploaded_by_save(kind: Any) -> None:
    data = pictures.png()
    file = kind(io.BytesIO(data), "lake.png") if kind in (File, ImageFile) else None
    file = file or (kind(data, "lake.png") if kind is ContentFile else kind("lake.png", data))
    photo = Photo(image=file)
    assert photo.image
    assert photo.image.name == "lake.png"
    assert (photo.image.width, photo.image.height) == (40, 30)
    photo.save()
    assert photo.image.name.endswith("/40x30/lake.png")
    assert (photo.image_width, photo.image_height) == (40, 30)
    assert fetch_picture(photo.image.url).size == (40, 30)


def test_equality_and_hash__are_those_of_the_name() -> None:
    first = Photo.objects.create(image=a_file(**TALL))
    second = Photo.objects.create(image=a_file(**WIDE))
    found = Photo.objects.get(pk=first.pk)
    assert first.image != second.image
    assert found.image == first.image == first.image.name
    assert first.image.name == found.image
    assert hash(found.image) == hash(first.image)
    assert len({first.image, found.image, second.image}) == 2
    assert Photo().image != first.image


@pytest.mark.parametrize("ask", ["url", "size", "width", "height", "path", "file", "open"])
def test_empty_value__raises_djangos_error_for_whatever_needs_a_file(ask: str) -> None:
    with pytest.raises(ValueError, match="The 'image' attribute has no file associated with it"):
        ask_for(Photo().image, ask)


def test_path__is_not_implemented_as_for_all_remote_storages() -> None:
    with pytest.raises(NotImplementedError):
        Photo(image=REFERENCE).image.path  # noqa: B018  # reading is the test


def test_row__loads_saves_and_is_deleted_though_the_image_is_gone() -> None:
    Photo.objects.create(image=f"{'0' * 40}/1x1/gone.png")
    with assert_no_rokka_calls():
        photo = Photo.objects.get()
        assert photo.image.width == 1
        photo.save()
        photo.delete()
    assert not Photo.objects.exists()


def test_size__leaves_the_file_closed() -> None:
    Photo.objects.create(image=a_file())
    photo = Photo.objects.get()
    assert photo.image.closed
    assert photo.image.size == len(pictures.png())
    assert photo.image.closed


def test_open__returns_the_value_itself_and_reads_again_and_again() -> None:
    Photo.objects.create(image=a_file())
    photo = Photo.objects.get()
    with photo.image.open() as opened:
        assert opened is photo.image
        assert opened.read() == pictures.png()
    assert photo.image.closed
    with photo.image.open(), Image.open(photo.image) as image:
        assert image.size == (40, 30)


def test_close__of_what_was_never_opened_asks_nobody() -> None:
    with assert_no_rokka_calls():
        Photo(image=REFERENCE).image.close()


# Size in columns


@pytest.mark.usefixtures("tables")
def test_sizes__of_two_images_are_kept_apart() -> None:
    person = Person(name="Ada", mugshot=a_file(**TALL), headshot=a_file(**WIDE))
    person.save()
    assert sizes(person) == (4, 8, 4, 8)
    assert sizes(person, "headshot") == (8, 4, 8, 4)
    found = Person.objects.get()
    assert (sizes(found), sizes(found, "headshot")) == ((4, 8, 4, 8), (8, 4, 8, 4))


@pytest.mark.usefixtures("tables")
def test_sizes__are_cleared_one_at_a_time() -> None:
    person = Person.objects.create(mugshot=a_file(**TALL), headshot=a_file(**WIDE))
    person.mugshot = None
    person.save()
    person.refresh_from_db()
    assert sizes(person) == (None, None, None, None)
    assert sizes(person, "headshot") == (8, 4, 8, 4)
    person.headshot.delete()
    person.refresh_from_db()
    assert sizes(person, "headshot") == (None, None, None, None)


@pytest.mark.usefixtures("tables")
def test_sizes__follow_the_methods_save_and_delete() -> None:
    person = Person(name="Ada")
    person.mugshot.save("mug.png", a_file(**TALL))
    assert sizes(person) == (4, 8, 4, 8)
    person.mugshot.save("mug.png", a_file(**WIDE), save=False)
    assert sizes(person) == (8, 4, 8, 4)
    assert sizes(Person.objects.get()) == (4, 8, 4, 8)
    person.mugshot.delete(save=False)
    assert not person.mugshot
    assert sizes(Person.objects.get()) == (4, 8, 4, 8)
    person.save()
    assert sizes(person) == sizes(Person.objects.get()) == (None, None, None, None)


@pytest.mark.usefixtures("tables")
def test_sizes__are_right_in_columns_before_and_after_the_image() -> None:
    photo = Photo.objects.create(image=a_file(**TALL))
    assert Photo.objects.values_list("image_width", "image_height").get() == (4, 8)
    photo.image = a_file(**WIDE)
    photo.save()
    assert Photo.objects.values_list("image_width", "image_height").get() == (8, 4)


@pytest.mark.usefixtures("tables")
def test_sizes__may_be_one_column_alone() -> None:
    member = Member.objects.create(name="Ada", portrait=a_file(**TALL))
    assert Member.objects.filter(portrait_height=8).get() == member
    member.portrait = None
    member.save()
    assert Member.objects.values_list("portrait_height", flat=True).get() is None


# Deleting the file


def test_delete__clears_the_value_and_the_row_and_needs_no_file() -> None:
    photo = Photo.objects.create(image=a_file())
    photo.image.delete()
    assert not photo.image
    assert Photo.objects.values_list("image", "image_width").get() == ("", None)
    photo.image.delete()
    Photo().image.delete()


def test_delete__without_save_leaves_the_row() -> None:
    photo = Photo.objects.create(image=a_file())
    name = photo.image.name
    photo.image.delete(save=False)
    assert not photo.image
    assert Photo.objects.get().image == name


def test_delete__of_one_rows_image_leaves_the_others(rokka: RokkaStorage) -> None:
    first, second = (Photo.objects.create(image=a_file()) for _ in range(2))
    first.image.delete()
    first.delete()
    assert rokka.exists(second.image.name or "")
    assert fetch_picture(Photo.objects.get().image.url).size == (40, 30)


# Copies


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle__of_a_row_and_of_a_value_keeps_all_that_django_keeps(protocol: int) -> None:
    photo = Photo.objects.create(title="The lake", image=a_file())
    loaded = pickle.loads(pickle.dumps(photo, protocol))  # noqa: S301  # our own
    image = pickle.loads(pickle.dumps(photo.image, protocol))  # noqa: S301  # our own
    for value in (loaded.image, image):
        assert value == photo.image
        assert value.url == photo.image.url
        assert value.storage == photo.image.storage
        assert value.instance == photo.image.instance
        assert value.field == photo.image.field


def test_deepcopy__is_a_row_of_its_own() -> None:
    photo = Photo(image=REFERENCE)
    other = copy.deepcopy(photo)
    other.image = ""
    assert photo.image == REFERENCE
    assert copy.deepcopy(photo).image == REFERENCE


def test_copy__of_a_row_by_its_key_is_a_second_row_of_the_same_image() -> None:
    photo = Photo.objects.create(image=a_file())
    photo.pk, photo._state.adding = None, True
    with assert_no_rokka_calls():
        photo.save()
    assert Photo.objects.values("image").distinct().count() == 1
    assert Photo.objects.count() == 2


# Loading


def test_refresh_from_db__gives_a_value_of_the_same_row() -> None:
    photo = Photo.objects.create(image=REFERENCE)
    Photo.objects.update(image=f"{HASH}/8x4/other.png")
    photo.refresh_from_db()
    assert photo.image.instance is photo
    assert (photo.image.name, photo.image.width) == (f"{HASH}/8x4/other.png", 8)


def test_refresh_from_db__drops_what_was_assigned() -> None:
    photo = Photo.objects.create(image=REFERENCE)
    photo.image = a_file()
    photo.refresh_from_db()
    with assert_no_rokka_calls():
        photo.save()
    assert photo.image == Photo.objects.get().image == REFERENCE


def test_defer_and_only__load_the_value_when_it_is_asked_for() -> None:
    Photo.objects.create(title="The lake", image=REFERENCE)
    for row in (
        Photo.objects.defer("image").get(),
        Photo.objects.only("title").get(),
        Photo.objects.only("image").get(),
        Photo.objects.defer("image_width", "image_height").get(),
    ):
        assert isinstance(row.image, RokkaFieldFile)
        assert (row.image.name, row.title) == (REFERENCE, "The lake")


def test_values__are_texts() -> None:
    photo = Photo.objects.create(image=REFERENCE)
    for text in (
        Photo.objects.values("image").get()["image"],
        Photo.objects.values_list("image", flat=True).get(),
        Photo.objects.values_list("image", named=True).get().image,
        Photo.objects.annotate(copied=F("image")).get().copied,
        photo.serializable_value("image").name,
    ):
        assert text == REFERENCE
        assert isinstance(text, str)


def test_lookups__compare_texts_and_values() -> None:
    photo = Photo.objects.create(image=REFERENCE)
    empty = Photo.objects.create()
    for value in (REFERENCE, photo.image, Photo(image=REFERENCE).image):
        assert Photo.objects.filter(image=value).get() == photo
        assert Photo.objects.filter(image__in=[value]).get() == photo
        assert Photo.objects.exclude(image=value).get() == empty
    assert Photo.objects.filter(Q(image="") | Q(image__isnull=True)).get() == empty
    assert Photo.objects.filter(image__startswith=HASH, image__endswith=".png").get() == photo
    assert Photo.objects.filter(image__contains="the-lake").get() == photo
    assert Photo.objects.annotate(length=Length("image")).filter(length__gt=0).get() == photo
    assert list(Photo.objects.order_by("-image")) == [photo, empty]


def test_get_or_create__and_update_or_create__take_files_and_texts() -> None:
    photo, is_new = Photo.objects.get_or_create(title="a", defaults={"image": a_file()})
    assert (is_new, photo.image.width) == (True, 40)
    with assert_no_rokka_calls():
        same, is_new = Photo.objects.get_or_create(title="a", defaults={"image": a_file()})
        assert (same, is_new) == (photo, False)
        same, is_new = Photo.objects.get_or_create(image=photo.image)
        assert (same, is_new) == (photo, False)
    photo, is_new = Photo.objects.update_or_create(title="a", defaults={"image": a_file(**TALL)})
    assert (is_new, photo.image.width) == (False, 4)
    assert Photo.objects.values_list("image", "image_width").get() == (photo.image.name, 4)


def test_in_bulk_and_select_related__give_values() -> None:
    album = Album.objects.create(title="Lakes", cover=REFERENCE)
    page = AlbumPage.objects.create(album=album, picture=REFERENCE)
    assert AlbumPage.objects.in_bulk()[page.pk].picture.width == 1600
    found = AlbumPage.objects.select_related("album").get()
    assert found.album.cover.height == 900
    assert AlbumPage.objects.filter(album__cover=REFERENCE).get() == page
    assert AlbumPage.objects.values_list("album__cover", flat=True).get() == REFERENCE


# Inheritance


def test_proxy__reads_and_writes_the_same_row() -> None:
    photo = PhotoByProxy.objects.create(image=a_file())
    assert photo.image.field.model is Photo
    assert Photo.objects.get().image == photo.image
    photo = PhotoByProxy.objects.get()
    photo.image = a_file(**TALL)
    photo.save()
    assert Photo.objects.values_list("image", "image_width").get() == (photo.image.name, 4)


def test_child__with_a_table_of_its_own_has_the_parents_image() -> None:
    child = Portrait.objects.create(person="Ada", image=a_file())
    parent = Photo.objects.get()
    assert parent.image == child.image
    assert parent.image_width == 40
    parent.image.delete()
    child.refresh_from_db()
    assert not child.image


# Names


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Grüße.png", "grusse"), ("湖.png", "image"), ("Ein See.PNG", "ein-see")],
)
def test_names__in_unicode_are_kept_by_rokka_and_written_as_slugs(
    name: str, slug: str, rokka: RokkaStorage
) -> None:
    photo = Photo.objects.create(image=a_file(name))
    assert photo.image.reference.slug == slug
    assert rokka.client.source_images.get(photo.image.hash).name == name


@pytest.mark.usefixtures("tables")
def test_upload_to__names_the_file_and_its_folders_are_dropped() -> None:
    member = Member.objects.create(name="Ada", portrait=a_file(), badge=a_file("b.png"))
    assert member.portrait.reference.slug == "portrait-of-lake"
    assert member.badge.reference.slug == "b"
    assert member.portrait.field.generate_filename(member, "a.png") == (
        "people/Ada/portrait-of-a.png"
    )


@pytest.mark.usefixtures("tables")
def test_upload_to__that_climbs_is_refused_before_the_upload() -> None:
    with assert_no_rokka_calls(), pytest.raises(SuspiciousFileOperation):
        Member.objects.create(name="../..", portrait=a_file())


def test_file__that_is_named_by_a_path_is_refused_as_by_django(tmp_path: Path) -> None:
    path = tmp_path / "lake.png"
    path.write_bytes(pictures.png())
    with path.open("rb") as opened, assert_no_rokka_calls():
        photo = Photo(image=File(opened))
        with pytest.raises(SuspiciousFileOperation, match="path traversal"):
            photo.save()


@pytest.mark.usefixtures("tables")
def test_null__is_read_as_an_empty_value_and_written_as_an_empty_text() -> None:
    # As Django's own FileField does it: the value of a row is never None.
    Member.objects.create(name="Ada", portrait=None)
    assert Member.objects.filter(portrait="").update(portrait=None) == 1
    member = Member.objects.get(portrait__isnull=True)
    assert isinstance(member.portrait, RokkaFieldFile)
    assert not member.portrait
    member.save()
    assert Member.objects.filter(portrait="").exists()


# Validation


def test_full_clean__asks_for_an_image_unless_it_may_be_blank() -> None:
    Photo(title="blank").full_clean()
    with pytest.raises(ValidationError) as caught:
        Brand(name="Acme").full_clean()
    assert caught.value.message_dict == {"logo": ["This field cannot be blank."]}
    with assert_no_rokka_calls():
        Brand(name="Acme", logo=REFERENCE).full_clean()
        Brand(name="Acme", logo=a_file()).full_clean()


# Forms

PhotoForm: Any = modelform_factory(Photo, fields=["title", "image"])
BrandForm: Any = modelform_factory(Brand, fields=["name", "logo"])


def test_save_form_data__keeps_clears_and_replaces() -> None:
    field: Any = Photo._meta.get_field("image")
    photo = Photo(image=REFERENCE)
    field.save_form_data(photo, None)
    assert photo.image == REFERENCE
    field.save_form_data(photo, False)
    assert photo.image == ""
    field.save_form_data(photo, REFERENCE)
    assert photo.image == REFERENCE


def test_form__of_a_new_row_uploads_and_saves() -> None:
    form = PhotoForm({"title": "The lake"}, {"image": sent()})
    assert form.is_valid(), form.errors
    assert form.changed_data == ["title", "image"]
    photo = form.save()
    assert Photo.objects.get().image == photo.image
    assert photo.image_width == 40


def test_form__with_commit_false_saves_later() -> None:
    form = PhotoForm({"title": "The lake"}, {"image": sent()})
    photo = form.save(commit=False)
    assert not Photo.objects.exists()
    photo.save()
    assert Photo.objects.get().image.width == 40


def test_form__shows_the_image_of_its_row_and_asks_nobody() -> None:
    photo = Photo.objects.create(image=a_file())
    with assert_no_rokka_calls():
        form = PhotoForm(instance=photo)
        assert form.initial["image"] == photo.image
        assert form["image"].initial == photo.image
        assert form["image"].value() == photo.image
        page = form.as_p()
    (image,) = find_elements(page, "img")
    assert fetch_picture(image["src"]).width > 0
    assert photo.image.hash[:7] in page


def test_form__without_a_file_keeps_the_image() -> None:
    photo = Photo.objects.create(title="before", image=a_file())
    form = PhotoForm({"title": "after"}, {}, instance=photo)
    with assert_no_rokka_calls():
        assert form.is_valid()
        assert form.changed_data == ["title"]
        assert form.cleaned_data["image"] == photo.image
        form.save()
    assert Photo.objects.get().image.width == 40


def test_form__with_a_file_replaces_the_image() -> None:
    photo = Photo.objects.create(image=a_file())
    form = PhotoForm({"title": ""}, {"image": sent(**TALL)}, instance=photo)
    assert form.has_changed()
    assert form.save().image.width == 4
    assert Photo.objects.values_list("image_width", "image_height").get() == (4, 8)


def test_form__with_clear_empties_the_image() -> None:
    photo = Photo.objects.create(image=a_file())
    form = PhotoForm({"title": "", "image-clear": "on"}, {}, instance=photo)
    assert form.is_valid()
    assert form.changed_data == ["image"]
    assert form.cleaned_data["image"] is False
    form.save()
    assert Photo.objects.values_list("image", "image_width").get() == ("", None)


def test_form__with_clear_and_a_file_is_a_contradiction() -> None:
    photo = Photo.objects.create(image=a_file())
    with assert_no_rokka_calls():
        form = PhotoForm({"image-clear": "on"}, {"image": sent()}, instance=photo)
        assert not form.is_valid()
    assert "not both" in read_words(str(form.errors["image"]))
    assert Photo.objects.get().image.width == 40


def test_form__of_a_required_image_cannot_clear_it() -> None:
    brand = Brand.objects.create(name="Acme", logo=a_file())
    assert "logo-clear" not in BrandForm(instance=brand).as_p()
    form = BrandForm({"name": "Acme", "logo-clear": "on"}, {}, instance=brand)
    assert form.is_valid()
    form.save()
    assert Brand.objects.get().logo.width == 40


def test_form__of_a_required_image_asks_for_it_once() -> None:
    form = BrandForm({"name": "Acme"}, {})
    assert form.errors == {"logo": ["This field is required."]}
    brand = Brand.objects.create(name="Acme", logo=a_file())
    assert BrandForm({"name": "Acme"}, {}, instance=brand).is_valid()


@pytest.mark.parametrize("data", [b"", b"no image at all"], ids=["empty", "text"])
def test_form__refuses_what_is_no_image(data: bytes) -> None:
    form = PhotoForm({}, {"image": SimpleUploadedFile("lake.png", data, "image/png")})
    assert list(form.errors) == ["image"]
    assert not Photo.objects.exists()


def test_form__is_multipart_and_its_image_has_no_initial_text_of_a_file() -> None:
    form = PhotoForm()
    assert form.is_multipart()
    (field,) = (found for found in find_elements(form.as_p(), "input") if found["type"] == "file")
    assert field["name"] == "image"
    assert "value" not in field


def test_formset__saves_each_rows_image() -> None:
    for title in "ab":
        Photo.objects.create(title=title, image=a_file())
    formset_class = modelformset_factory(Photo, fields=["title", "image"], extra=1)
    data = {
        "form-TOTAL_FORMS": "3",
        "form-INITIAL_FORMS": "2",
        **{f"form-{n}-id": str(row.pk) for n, row in enumerate(Photo.objects.order_by("pk"))},
        "form-0-title": "a",
        "form-1-title": "b",
        "form-2-title": "c",
        "form-0-image-clear": "on",
    }
    files: MultiValueDict[str, Any] = MultiValueDict({"form-2-image": [sent(**TALL)]})
    with observe_calls() as calls:
        formset = formset_class(data, files, queryset=Photo.objects.order_by("pk"))
        assert formset.is_valid(), formset.errors
        formset.save()
    assert [call.method for call in calls].count("POST") == 1
    assert list(Photo.objects.order_by("pk").values_list("title", "image_width")) == [
        ("a", None),
        ("b", 40),
        ("c", 4),
    ]


# Serializers


@pytest.fixture
def uploaded() -> Photo:
    photo: Photo = Photo.objects.create(title="The lake", image=a_file())
    return photo


@pytest.mark.parametrize("format", ["json", "jsonl", "xml", "python"])
def test_serializers__write_the_reference_and_read_it_back(format: str, uploaded: Photo) -> None:
    with assert_no_rokka_calls():
        text = serializers.serialize(format, Photo.objects.all())
        assert str(uploaded.image) in str(text)
        Photo.objects.all().delete()
        for found in serializers.deserialize(format, text):
            found.save()
    assert Photo.objects.get().image == uploaded.image
    assert Photo.objects.values_list("image_width", "image_height").get() == (40, 30)
    assert fetch_picture(Photo.objects.get().image.url).size == (40, 30)


def test_dumpdata_and_loaddata__go_round_without_a_call(uploaded: Photo, tmp_path: Path) -> None:
    path = tmp_path / "photos.json"
    with assert_no_rokka_calls():
        call_command("dumpdata", "testapp.photo", output=str(path))
        Photo.objects.all().delete()
        call_command("loaddata", str(path), verbosity=0)
    assert Photo.objects.get().image == uploaded.image
    assert isinstance(Photo.objects.get().image, FieldFile)


def test_field__takes_all_keywords_of_an_image_field() -> None:
    field = RokkaImage(
        "picture",
        "image",
        upload_to="a/%Y",
        width_field="w",
        height_field="h",
        null=True,
        blank=True,
        unique=True,
        db_index=True,
        db_column="img",
        default="",
        editable=False,
        help_text="help",
        max_length=300,
        error_messages={"blank": "no"},
        validators=[],
        db_comment="a reference",
        db_default="",
        serialize=False,
        db_tablespace="",
    )
    assert field.clone().deconstruct()[1:] == field.deconstruct()[1:]
