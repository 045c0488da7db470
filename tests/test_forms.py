"""The form field, in plain forms and in forms of models."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
import requests
from django import forms
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils.datastructures import MultiValueDict
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image
from pytest_django import Settings

from django_rokka.client import observe_calls
from django_rokka.forms import RokkaImageField, get_uploaded_reference
from django_rokka.storage import RokkaStorage, get_rokka_storage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.pages import find_elements, read_words
from tests.testapp.models import Brand, Contract, Leaflet, Photo

HOSTILE_NAMES = {
    "he said \"hi\" & 'bye'.jpg": "he-said-hi-bye",
    "<script>alert(1)</script>.jpg": "script",
    "a&#47;&#x2F;b.jpg": "a-47-x2f-b",
    "写真 Ñandú ß.jpg": "nandu-ss",
    "日本語.jpg": "image",
    "x" * 300 + ".jpg": "x" * 49,
    "no extension": "no-extension",
    "....": "image",
    "../../x.jpg": "x",
    "..\\..\\x.jpg": "x",
    " .jpg": "image",
    "a\nb.jpg": "a-b",
}


class UploadForm(forms.Form):
    title = forms.CharField(max_length=5, required=False)
    image = RokkaImageField()


class PhotoForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = Photo
        fields = ("title", "image")


class LeafletForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = Leaflet
        fields = ("slug", "page")


class BrandForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = Brand
        fields = ("name", "logo")


class ContractWithPublicFieldForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    scan = RokkaImageField()

    class Meta:
        model = Contract
        fields = ("scan",)


class ContractAsTextForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    scan = forms.CharField()

    class Meta:
        model = Contract
        fields = ("scan",)


class ContractForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = Contract
        fields = ("scan",)


def an_upload(
    data: bytes | None = None, name: str = "lake.jpg", kind: str = "image/jpeg"
) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pictures.jpeg() if data is None else data, kind)


def broken_spider() -> bytes:
    """Return a file of a microscope whose header makes Pillow's reader stumble."""
    with BytesIO() as file:
        Image.new("F", (40, 30)).save(file, "SPIDER")
        data = file.getvalue()
    is_in_stack = struct.pack("=f", 2)
    return data[:104] + is_in_stack + data[108:]


def huge_png() -> bytes:
    """Return a small file that says to hold 900 megapixels."""
    size = struct.pack(">II", 30_000, 30_000)
    header = b"IHDR" + size + pictures.png()[24:29]
    rest = pictures.png()[33:]
    return pictures.png()[:12] + header + struct.pack(">I", zlib.crc32(header)) + rest


def files(**uploads: UploadedFile[Any]) -> MultiValueDict[str, Any]:
    return MultiValueDict({name: [upload] for name, upload in uploads.items()})


# What goes up


@pytest.mark.usefixtures("rokka")
def test_form__uploads_while_it_is_cleaned() -> None:
    form = UploadForm({}, files(image=an_upload()))
    with observe_calls() as calls:
        assert form.is_valid()
    assert [call.method for call in calls] == ["POST"]
    file, storage = form.cleaned_data["image"], get_rokka_storage()
    reference = get_uploaded_reference(file, storage=storage, is_protected=False)
    assert str(reference).endswith("/40x30/lake.jpg")
    assert get_uploaded_reference(file, storage=storage, is_protected=True) is None
    assert get_uploaded_reference(file, storage=RokkaStorage(), is_protected=False) is None


@pytest.mark.smoke
@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_model_form__uploads_once() -> None:
    form = PhotoForm({"title": "The lake"}, files(image=an_upload()))
    with observe_calls() as calls:
        assert form.is_valid()
        photo = form.save()
    assert [call.method for call in calls] == ["POST"]
    photo = Photo.objects.get(pk=photo.pk)
    assert photo.image.name == f"{photo.image.hash}/40x30/lake.jpg"
    assert (photo.image_width, photo.image_height) == (40, 30)


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_model_form__of_a_protected_image_uploads_a_protected_one() -> None:
    form = ContractForm({}, files(scan=an_upload()))
    assert form.is_valid()
    assert form.save().scan.is_protected


@pytest.mark.usefixtures("rokka")
def test_form__cleaned_twice_uploads_once() -> None:
    form = UploadForm({}, files(image=an_upload()))
    with observe_calls() as calls:
        form.full_clean()
        form.full_clean()
    assert [call.method for call in calls] == ["POST"]


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
@pytest.mark.parametrize("form_class", [UploadForm, ContractWithPublicFieldForm])
def test_protected_field__uploads_anew_what_a_form_has_uploaded_as_public(
    form_class: Any,
) -> None:
    form = form_class({}, files(image=an_upload(), scan=an_upload()))
    assert form.is_valid(), form.errors
    if isinstance(form, ContractWithPublicFieldForm):
        contract = form.save()
    else:
        contract = Contract.objects.create(scan=form.cleaned_data["image"])
    contract = Contract.objects.get(pk=contract.pk)
    assert contract.scan.is_protected
    assert requests.get(contract.scan.url_for(by="hash"), timeout=20).status_code == 200
    unsigned = contract.scan.url_for(by="hash").partition("?")[0]
    assert requests.get(unsigned, timeout=20).status_code == 403


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_protected_field__refuses_the_text_of_a_public_image_in_a_form() -> None:
    photo = Photo.objects.create(image=an_upload())
    form = ContractAsTextForm({"scan": photo.image.name})
    assert "is protected, but" in form.errors["scan"][0]
    assert "Choose its file again" in form.errors["scan"][0]


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_unique_image__is_validated_before_and_after_its_upload(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Photo.image.field, "unique", True)
    stored = Photo.objects.create(image=an_upload())
    Photo(image=an_upload()).full_clean()
    Photo(image=an_upload(pictures.jpeg(colour="blue"))).full_clean()
    form = PhotoForm({}, files(image=an_upload()))
    assert "already exists" in form.errors["image"][0]
    stored.full_clean()


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_model_form__saved_without_commit_is_uploaded_and_no_row() -> None:
    form = PhotoForm({}, files(image=an_upload()))
    photo = form.save(commit=False)
    assert photo.image.hash
    assert photo.image.read() == pictures.jpeg()
    assert not Photo.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
@pytest.mark.parametrize(("name", "slug"), HOSTILE_NAMES.items())
def test_model_form__takes_a_hostile_name(name: str, slug: str) -> None:
    form = PhotoForm({}, files(image=an_upload(name=name)))
    assert form.is_valid(), form.errors
    photo = Photo.objects.get(pk=form.save().pk)
    assert photo.image.reference.slug == slug
    with photo.image.open() as file:
        assert file.read() == pictures.jpeg()


@pytest.mark.usefixtures("rokka")
def test_uploaded_file__is_refused_by_a_column_without_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    form = UploadForm({}, files(image=an_upload()))
    assert form.is_valid()
    monkeypatch.setattr(Photo.image.field, "max_length", 50)
    photo = Photo(image=form.cleaned_data["image"])
    with pytest.raises(SuspiciousFileOperation, match="does not fit into 50 characters"):
        photo.image.commit()
    assert photo.image.read() == pictures.jpeg()


# What the row had


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_model_form__keeps_the_image_when_nothing_is_chosen() -> None:
    photo = Photo.objects.create(image=an_upload())
    form = PhotoForm({"title": "New"}, files(), instance=photo)
    with assert_no_rokka_calls():
        assert form.is_valid()
        assert form.changed_data == ["title"]
        form.save()
    assert Photo.objects.get().image == photo.image


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_model_form__clears_the_image() -> None:
    photo = Photo.objects.create(image=an_upload())
    form = PhotoForm({"image-clear": "on"}, files(), instance=photo)
    with assert_no_rokka_calls():
        assert form.is_valid()
        form.save()
    assert Photo.objects.values_list("image", "image_width").get() == ("", None)


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_model_form__refuses_to_clear_and_to_replace_at_once() -> None:
    photo = Photo.objects.create(image=an_upload())
    form = PhotoForm({"image-clear": "on"}, files(image=an_upload()), instance=photo)
    with assert_no_rokka_calls():
        assert not form.is_valid()
    assert "not both" in form.errors["image"][0]
    assert photo.image.hash in str(form)


@pytest.mark.django_db
def test_model_form__asks_for_a_required_image_and_offers_no_clearing() -> None:
    form = BrandForm({"name": "Acme"}, files())
    assert form.errors == {"logo": ["This field is required."]}
    kept = BrandForm(instance=Brand(pk=1, logo=f"{'a' * 40}/40x30/logo.png"))
    assert "logo-clear" not in str(kept)


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_model_form__replaces_the_image() -> None:
    photo = Photo.objects.create(image=an_upload())
    before = photo.image.hash
    form = PhotoForm({}, files(image=an_upload(pictures.jpeg(colour="blue"))), instance=photo)
    form.save()
    assert Photo.objects.get().image.hash != before


# Other errors of the same form


@pytest.mark.django_db
def test_invalid_form__shows_its_errors_and_what_rokka_has_stays(rokka: RokkaStorage) -> None:
    photo = Photo.objects.create(image=an_upload())
    before = photo.image.name or ""
    edited = Photo.objects.get()
    form = PhotoForm(
        {"title": "x" * 101}, files(image=an_upload(pictures.png(), "new.png")), instance=edited
    )
    assert set(form.errors) == {"title"}
    (shown,) = find_elements(str(form), "img")
    assert photo.image.hash in shown["src"]
    assert form.instance.image.url.startswith(rokka.get_render_base())
    assert Photo.objects.get().image == before
    assert rokka.exists(before)
    assert rokka.exists(form.instance.image.name or "")


@pytest.mark.usefixtures("rokka")
def test_invalid_form__that_is_plain_shows_its_errors() -> None:
    form = UploadForm({"title": "too long"}, files(image=an_upload(name='"><i>.jpg')))
    assert set(form.errors) == {"title"}
    assert "<i>" not in str(form)


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_alias__that_cannot_be_is_an_error_of_the_form() -> None:
    form = LeafletForm({"slug": "à la carte"}, files(page=an_upload()))
    assert "use letters, digits and underscores only. Change what" in form.errors["page"][0]


# What rokka or the settings refuse

TROUBLES: dict[str, tuple[dict[str, object], str]] = {
    "wrong key": ({"api_key": "wrong"}, "rokka refused the API key for organization 'demo'"),
    "unknown organization": ({"organization": "nobody"}, "There is no organization 'nobody'"),
    "unreachable": ({"api_host": "http://127.0.0.1:1"}, "(connection refused)"),
    "no organization": ({"organization": ""}, "A rokka storage has no organization"),
    "unknown option": ({"organisation": "demo"}, "Unknown option 'organisation'"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("form_class", [UploadForm, PhotoForm])
@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble__is_an_error_of_the_form(
    trouble: str, form_class: type[forms.BaseForm], configure: Any, caplog: pytest.LogCaptureFixture
) -> None:
    options, words = TROUBLES[trouble]
    configure(**options)
    form = form_class({}, files(image=an_upload()))
    (message,) = form.errors.get_json_data()["image"]
    reason = (
        "rokka does not answer at the moment. Try again later."
        if trouble == "unreachable"
        else "This site is not set up for it, as its log says. Tell those who run it."
    )
    assert message["message"] == f"The image could not be uploaded. {reason}"
    assert reason in read_words(str(form))
    assert words not in str(form)
    assert words in caplog.text
    assert not Photo.objects.exists()


@pytest.mark.parametrize("storages", [0, 2])
def test_trouble__without_one_rokka_storage_is_an_error_of_the_form(
    storages: int, settings: Settings
) -> None:
    backend = settings.STORAGES["rokka"]
    others = {f"rokka{number}": backend for number in range(storages)}
    settings.STORAGES = {"default": settings.STORAGES["default"], **others}
    for form in (UploadForm({}, files(image=an_upload())), PhotoForm({}, files(image=an_upload()))):
        assert "The image could not be uploaded. " in form.errors["image"][0]


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "empty.jpg", "The submitted file is empty."),
        (b"Dear Sir or Madam", "letter.jpg", "no image, video or font that rokka takes"),
        (pictures.jpeg()[:20], "cut.jpg", "cut.jpg"),
        (pictures.png()[:-30] + b"\0" * 30, "cut.png", "“cut.png” is damaged"),
        (huge_png(), "huge.png", "which is more than 225 megapixels"),
        (pictures.webp()[:30], "cut.webp", "“cut.webp” is damaged"),
        (broken_spider(), "spider.png", "no image, video or font that rokka takes"),
        (b"\x89PNG\r\n\x1a\n<script>", '"<i>%s.png', "<i>%s.png"),
    ],
)
@pytest.mark.usefixtures("rokka")
def test_file__that_is_no_image_is_an_error_of_the_form(data: bytes, name: str, words: str) -> None:
    form = UploadForm({}, files(image=an_upload(data, name)))
    (message,) = form.errors["image"]
    assert words in message
    assert "<i>" not in str(form)
    assert "<script>" not in str(form)


@pytest.mark.parametrize(
    "data",
    [
        pictures.gif(frames=2),
        pictures.webp(),
        pictures.avif(),
        pictures.svg(),
        b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF",
    ],
)
@pytest.mark.usefixtures("rokka")
def test_file__that_rokka_takes_is_taken(data: bytes) -> None:
    form = UploadForm({}, files(image=an_upload(data, "some.file")))
    assert form.is_valid(), form.errors


makers = st.sampled_from(
    [pictures.jpeg(), pictures.png(), pictures.gif(), pictures.webp(), pictures.avif()]
)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # what Pillow says of broken EXIF
@given(picture=makers, place=st.integers(0, 400), junk=st.binary(max_size=12), cut=st.integers(0))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_file__however_damaged_raises_nothing_but_a_form_error(
    picture: bytes, place: int, junk: bytes, cut: int, settings: Settings
) -> None:
    settings.ROKKA_UPLOAD_DEADLINE = 1
    data = (picture[:place] + junk + picture[place + len(junk) :])[: cut or None]
    field = RokkaImageField(storage=RokkaStorage)  # has no organization: asks nobody
    form = UploadForm({}, files(image=an_upload(data)))
    form.fields["image"] = field
    assert "image" in form.errors


# HTML


def test_input__offers_what_rokka_takes() -> None:
    (element,) = find_elements(str(UploadForm()["image"]), "input")
    assert element["accept"] == "image/*,video/mp4,application/pdf"
    own = RokkaImageField(widget=forms.FileInput(attrs={"accept": "image/png"}))
    assert own.widget.attrs["accept"] == "image/png"
