"""Forms upload last, in a time of their own, and never the same file twice."""

from __future__ import annotations

import pickle
import threading
import time
from typing import Any

import pytest
from django import forms
from django.core import signing
from django.core.files.storage import FileSystemStorage
from django.core.validators import FileExtensionValidator
from django.db import connection, transaction
from django.forms import formset_factory, modelformset_factory
from django.utils.datastructures import MultiValueDict
from pytest_django import Settings

from django_rokka.client import observe_calls
from django_rokka.emulator import EmulatorServer
from django_rokka.forms import RemoteImage, RokkaFormMixin, RokkaImageField
from django_rokka.forms.uploads import Target
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.django_fixtures import API_KEY
from tests.pages import find_elements, read_words
from tests.test_forms import an_upload, files
from tests.testapp.models import Contract, Photo, Plain


class TwoImagesForm(RokkaFormMixin, forms.Form):
    title = forms.CharField(max_length=5, required=False)
    first = RokkaImageField()
    second = RokkaImageField(required=False)


class OneImageForm(forms.Form):
    image = RokkaImageField(required=False)


class PhotoForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = Photo
        fields = ("title", "image")


class WatchingForm(PhotoForm):
    calls: Any = ()

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.calls_before = list(self.calls)
        return self.cleaned_data


class HandMadeContractForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    scan = RokkaImageField()

    class Meta:
        model = Contract
        fields = ("scan",)


class HandMadePlainForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    picture = RokkaImageField()

    class Meta:
        model = Plain
        fields = ("picture",)


BLUE = pictures.jpeg(colour="blue")


def receipts(form: Any) -> dict[str, str]:
    """Return what a browser would send of a page beside its visible inputs."""
    inputs = find_elements(str(form), "input")
    return {
        item["name"]: item["value"]
        for item in inputs
        if item["type"] == "hidden" and item["name"].endswith("-uploaded")
    }


def count_uploads(calls: Any) -> int:
    return len([call for call in calls if call.method == "POST"])


# Last


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_form__uploads_after_all_else() -> None:
    form = WatchingForm({}, files(image=an_upload()))
    with observe_calls() as form.calls:
        assert form.is_valid()
    assert form.calls_before == []
    assert count_uploads(form.calls) == 1


@pytest.mark.usefixtures("rokka")
def test_form__with_another_error_sends_nothing_and_says_what_it_did_not_keep() -> None:
    form = TwoImagesForm({"title": "too long"}, files(first=an_upload(name='"><i>.jpg')))
    with assert_no_rokka_calls():
        assert set(form.errors) == {"title"}
    assert '“"><i>.jpg” was not kept. Choose it again.' in read_words(str(form))
    assert "<i>" not in str(form)
    assert receipts(form) == {}


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_form__with_an_error_of_the_model_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Photo._meta.get_field("title"), "unique", True)
    Photo.objects.create(title="taken")
    with assert_no_rokka_calls():
        form = PhotoForm({"title": "taken"}, files(image=an_upload()))
        assert set(form.errors) == {"title"}


@pytest.mark.usefixtures("rokka")
def test_field__outside_of_a_form_uploads_at_once() -> None:
    with observe_calls() as calls:
        RokkaImageField().clean(an_upload())
    assert count_uploads(calls) == 1


@pytest.mark.django_db
def test_disabled_field__asks_nobody() -> None:
    photo = Photo(pk=1, image=f"{'a' * 40}/40x30/lake.jpg")
    form = PhotoForm({"image-uploaded": "forged"}, files(image=an_upload()), instance=photo)
    form.fields["image"].disabled = True
    with assert_no_rokka_calls():
        assert form.is_valid(), form.errors
    assert form.cleaned_data["image"] == photo.image


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_cleared_and_kept_images__ask_nobody() -> None:
    photo = Photo.objects.create(image=an_upload())
    with assert_no_rokka_calls():
        assert PhotoForm({"title": "New"}, files(), instance=photo).is_valid()
        assert PhotoForm({"image-clear": "on"}, files(), instance=photo).is_valid()


# The second try


@pytest.mark.usefixtures("rokka")
def test_second_field__that_fails_leaves_the_first_uploaded(server: EmulatorServer) -> None:
    sent = files(first=an_upload(), second=an_upload(b"Dear Sir", "letter.jpg"))
    form = TwoImagesForm({}, sent)
    assert set(form.errors) == {"second"}
    assert set(receipts(form)) == {"first-uploaded"}
    assert "Uploaded, but not saved yet." in read_words(str(form))
    first, _ = [e for e in find_elements(str(form), "input") if e["type"] == "file"]
    assert "required" not in first
    with observe_calls() as calls:
        again = TwoImagesForm(receipts(form), files(second=an_upload(BLUE)))
        assert again.is_valid(), again.errors
    assert count_uploads(calls) == 1
    assert isinstance(again.cleaned_data["first"], RemoteImage)
    with again.cleaned_data["first"] as image:
        assert image.read() == pictures.jpeg()


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_second_try__after_a_failed_save_sends_no_bytes() -> None:
    form = PhotoForm({"title": "The lake"}, files(image=an_upload()))
    assert form.is_valid()
    with assert_no_rokka_calls():
        again = PhotoForm({"title": "The lake", **receipts(form)}, files())
        assert again.is_valid(), again.errors
        photo = again.save()
    stored = Photo.objects.get(pk=photo.pk)
    assert stored.image.name == f"{stored.image.hash}/40x30/lake.jpg"
    assert (stored.image_width, stored.image_height) == (40, 30)


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_third_try__keeps_what_the_second_had_kept() -> None:
    first = PhotoForm({}, files(image=an_upload()))
    first.is_valid()
    with assert_no_rokka_calls():
        second = PhotoForm({"title": "x" * 101, **receipts(first)}, files())
        assert set(second.errors) == {"title"}
        third = PhotoForm(receipts(second), files())
        assert third.save().image.hash


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_second_try__with_another_file_takes_that_one() -> None:
    first = PhotoForm({}, files(image=an_upload()))
    first.is_valid()
    second = PhotoForm(receipts(first), files(image=an_upload(BLUE, "blue.jpg")))
    assert second.save().image.reference.slug == "blue"


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_second_try__that_clears_takes_nothing() -> None:
    first = PhotoForm({}, files(image=an_upload()))
    first.is_valid()
    assert "image-clear" in str(first)
    with assert_no_rokka_calls():
        second = PhotoForm({"image-clear": "on", **receipts(first)}, files())
        assert not second.save().image


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_receipt__of_a_protected_image_is_of_a_protected_image() -> None:
    form = HandMadeContractForm({}, files(scan=an_upload()))
    assert form.is_valid()
    with assert_no_rokka_calls():
        again = HandMadeContractForm(receipts(form), files())
        assert again.is_valid(), again.errors
    assert again.cleaned_data["scan"]
    assert "/protected/" in str(again.instance.scan)


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_hand_made_field__of_a_protected_image_uploads_no_public_copy(rokka: RokkaStorage) -> None:
    form = HandMadeContractForm({}, files(scan=an_upload()))
    with observe_calls() as calls:
        contract = form.save()
    assert [call.method for call in calls if "alias" not in call.path] == ["POST"]
    assert contract.scan.is_protected
    images = list(rokka.client.source_images.iter())
    assert [image.is_protected for image in images] == [True]


@pytest.mark.django_db
def test_hand_made_field__of_a_plain_image_field_is_saved(
    rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Plain._meta.get_field("picture"), "storage", rokka)
    form = HandMadePlainForm({}, files(picture=an_upload()))
    assert form.is_valid(), form.errors
    again = HandMadePlainForm(receipts(form), files())
    with again.save().picture.open() as file:
        assert file.read() == pictures.jpeg()
    again.cleaned_data["picture"].close()


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_field__that_the_model_does_not_have_uploads_where_it_says_itself() -> None:
    class NoteForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
        attachment = RokkaImageField(is_protected=True)

        class Meta:
            model = Photo
            fields = ("title",)

    form = NoteForm({}, files(attachment=an_upload()))
    assert form.is_valid(), form.errors
    photo = Photo.objects.create(image=form.cleaned_data["attachment"])
    assert not photo.image.is_protected  # uploaded again, as the model's field wants it
    assert receipts(form)


@pytest.mark.usefixtures("rokka")
def test_field__with_a_plain_widget_uploads_and_keeps_no_receipt() -> None:
    class PlainWidgetForm(RokkaFormMixin, forms.Form):
        image = RokkaImageField(widget=forms.FileInput)

    form = PlainWidgetForm({}, files(image=an_upload()))
    assert form.is_valid(), form.errors
    assert form.get_receipts() == {}
    assert receipts(form) == {}


# What a receipt is bound to


def make_receipt(form_class: Any = OneImageForm, name: str = "image", **values: Any) -> str:
    form = form_class({}, files(**{name: an_upload()}))
    for attribute, value in values.items():
        setattr(form, attribute, value)
    assert form.is_valid(), form.errors
    return receipts(form)[f"{name}-uploaded"]


def refuse(form: Any, name: str = "image") -> None:
    with assert_no_rokka_calls():
        (message,) = form.errors.get_json_data()[name]
    assert message["code"] == "invalid_receipt"
    assert "Choose the file again." in message["message"]
    assert receipts(form) == {}


@pytest.mark.usefixtures("rokka")
@pytest.mark.parametrize("place", [0, 10, -1])
def test_receipt__that_was_changed_is_refused(place: int) -> None:
    receipt = list(make_receipt())
    receipt[place] = "A" if receipt[place] != "A" else "B"
    refuse(OneImageForm({"image-uploaded": "".join(receipt)}, files()))


@pytest.mark.usefixtures("rokka")
def test_receipt__that_anybody_could_have_signed_is_refused() -> None:
    name = f"{'a' * 40}/40x30/lake.jpg"
    for forged in (name, signing.dumps(name), signing.dumps([name], salt="django_rokka.forms")):
        refuse(OneImageForm({"image-uploaded": forged}, files()))


@pytest.mark.usefixtures("rokka")
def test_receipt__of_another_field_is_refused() -> None:
    receipt = make_receipt(TwoImagesForm, "first")
    refuse(TwoImagesForm({"second-uploaded": receipt}, files(first=an_upload())), "second")
    refuse(OneImageForm({"image-uploaded": receipt}, files()))


def test_receipt__of_another_organization_is_refused(configure: Any, server: Any) -> None:
    configure()
    receipt = make_receipt()
    configure(organization="other")
    refuse(OneImageForm({"image-uploaded": receipt}, files()))


@pytest.mark.usefixtures("rokka")
def test_receipt__of_another_user_is_refused() -> None:
    receipt = make_receipt(upload_owner="7")
    form = OneImageForm({"image-uploaded": receipt}, files())
    form.upload_owner = "8"  # type: ignore[attr-defined]  # as the admin does
    refuse(form)
    form = OneImageForm({"image-uploaded": receipt}, files())
    form.upload_owner = "7"  # type: ignore[attr-defined]  # as the admin does
    assert form.is_valid(), form.errors


@pytest.mark.usefixtures("rokka")
def test_receipt__ends_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = make_receipt()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 24 * 60 * 60 - 5)
    assert OneImageForm({"image-uploaded": receipt}, files()).is_valid()
    monkeypatch.setattr(time, "time", lambda: now + 24 * 60 * 60 + 5)
    refuse(OneImageForm({"image-uploaded": receipt}, files()))


def test_receipt__without_settings_is_an_error_of_the_form(configure: Any) -> None:
    configure(organization="")
    form = OneImageForm({"image-uploaded": "x"}, files())
    assert "This site is not set up for it" in form.errors["image"][0]


# Several forms


@pytest.mark.usefixtures("rokka")
def test_prefix__is_kept() -> None:
    form = OneImageForm({}, files(**{"a-image": an_upload()}), prefix="a")
    assert form.is_valid()
    assert set(receipts(form)) == {"a-image-uploaded"}
    again = OneImageForm(receipts(form), files(), prefix="a")
    assert again.is_valid()
    assert isinstance(again.cleaned_data["image"], RemoteImage)
    assert not OneImageForm(receipts(form), files(), prefix="b").has_changed()
    assert OneImageForm(receipts(form), files(), prefix="a").has_changed()


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_formset__with_an_error_in_one_form_keeps_the_upload_of_the_other() -> None:
    FormSet = modelformset_factory(Photo, form=PhotoForm, extra=2)  # noqa: N806  # a class
    data = {"form-TOTAL_FORMS": "3", "form-INITIAL_FORMS": "0", "form-1-title": "x" * 101}
    formset = FormSet(data, files(**{"form-0-image": an_upload()}), queryset=Photo.objects.none())
    assert not formset.is_valid()
    kept = receipts(formset)
    assert set(kept) == {"form-0-image-uploaded"}
    with assert_no_rokka_calls():
        again = FormSet({**data, "form-1-title": "", **kept}, queryset=Photo.objects.none())
        assert again.is_valid(), again.errors
        again.save()
    assert Photo.objects.get().image.width == 40


@pytest.mark.usefixtures("rokka")
def test_formset__uploads_nothing_of_a_form_that_is_to_be_deleted() -> None:
    FormSet = formset_factory(OneImageForm, can_delete=True)  # noqa: N806  # a class
    data = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-DELETE": "on"}
    with assert_no_rokka_calls():
        assert FormSet(data, files(**{"form-0-image": an_upload()})).is_valid()


@pytest.mark.usefixtures("rokka")
def test_wizard__whose_last_page_hides_the_first_sends_no_bytes_twice() -> None:
    first = TwoImagesForm(
        {"first-title": "ab"}, files(**{"first-first": an_upload()}), prefix="first"
    )
    assert first.is_valid()
    hidden = "".join(field.as_hidden() for field in first)
    sent = {item["name"]: item.get("value", "") for item in find_elements(hidden, "input")}
    assert sent["first-title"] == "ab"
    with assert_no_rokka_calls():
        last = TwoImagesForm(sent, files(), prefix="first")
        assert last.is_valid(), last.errors
    assert last.cleaned_data["first"].name == "lake.jpg"


@pytest.mark.usefixtures("rokka")
def test_wizard__that_keeps_data_in_a_session_keeps_the_receipts_there() -> None:
    first = TwoImagesForm({"title": "ab"}, files(first=an_upload()))
    session = {**first.data, **first.get_receipts()}
    with assert_no_rokka_calls():
        last = TwoImagesForm(session, files())
        assert last.is_valid(), last.errors


# Trouble


@pytest.mark.django_db
def test_slow_api__is_an_error_within_the_deadline_and_changes_nothing(
    configure: Any, server: EmulatorServer
) -> None:
    rokka = configure(upload_deadline=0.5)
    photo = Photo.objects.create(title="old", image=an_upload())
    server.emulator.faults.add(method="POST", path="/sourceimages/", delay=20)
    edited = Photo.objects.get()
    started = time.monotonic()
    form = PhotoForm({"title": "new"}, files(image=an_upload(BLUE)), instance=edited)
    assert set(form.errors) == {"image"}
    assert time.monotonic() - started < 3
    assert edited.image == photo.image  # the page shows what there is
    assert photo.image.hash in str(form)
    assert list(Photo.objects.values_list("title", "image")) == [("old", photo.image.name)]
    assert rokka.exists(photo.image.name or "")


def test_deadline__is_that_of_all_forms_of_a_request(
    configure: Any, server: EmulatorServer
) -> None:
    configure(upload_deadline=0.5)
    server.emulator.faults.add(method="POST", path="/sourceimages/", delay=20, times=9)
    request_files: MultiValueDict[str, Any] = MultiValueDict(
        {f"{number}-image": [an_upload(pictures.jpeg(width=number))] for number in range(1, 5)}
    )
    forms_of_page = [OneImageForm({}, request_files, prefix=str(n)) for n in range(1, 5)]
    started = time.monotonic()
    messages = [form.errors["image"][0] for form in forms_of_page]
    assert time.monotonic() - started < 3
    assert "took all of the 0.5 seconds" in messages[-1]
    assert "choose this one again" in messages[-1]


def test_outage__asks_once_however_often_a_request_is_cleaned(
    configure: Any, server: EmulatorServer
) -> None:
    configure()
    server.emulator.faults.add(method="POST", path="/sourceimages/", status=503)
    sent = files(image=an_upload())
    first = OneImageForm({}, sent)
    assert not first.is_valid()
    with assert_no_rokka_calls():
        second = OneImageForm({}, sent)
        assert second.errors == first.errors
    again = OneImageForm({}, files(image=an_upload()))
    assert again.is_valid(), again.errors


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("rokka")
def test_form__uploads_outside_of_a_transaction(server: EmulatorServer) -> None:
    server.emulator.faults.add(method="POST", path="/sourceimages/", delay=1)
    photo = Photo.objects.create(title="old")
    seen: list[str] = []

    def look() -> None:
        time.sleep(0.4)
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT state FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
                seen.extend(state for (state,) in cursor)
        finally:
            connection.close()

    form = PhotoForm({}, files(image=an_upload()), instance=photo)
    if connection.vendor == "postgresql":
        watcher = threading.Thread(target=look)
        watcher.start()
    assert form.is_valid()
    assert not connection.in_atomic_block
    if connection.vendor == "postgresql":
        watcher.join()
        assert set(seen) == {"idle"}
    with transaction.atomic(), assert_no_rokka_calls():
        form.save()


# What is noted on a file


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_uploaded_file__that_is_pickled_holds_no_key() -> None:
    form = OneImageForm({}, files(image=an_upload()))
    assert form.is_valid()
    data = pickle.dumps((form.cleaned_data["image"], form.files))
    assert API_KEY.encode() not in data
    with assert_no_rokka_calls():
        assert Photo.objects.create(image=pickle.loads(data)[0]).image.hash  # noqa: S301  # our own


@pytest.mark.django_db
def test_plain_image_field__stores_what_its_form_has_uploaded(
    rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Plain._meta.get_field("picture"), "storage", rokka)

    class ProtectedForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
        picture = RokkaImageField(is_protected=True)

        class Meta:
            model = Plain
            fields = ("picture",)

    with observe_calls() as calls:
        form = ProtectedForm({}, files(picture=an_upload()))
        assert form.is_valid(), form.errors
        plain = form.save()
    assert count_uploads(calls) == 1
    assert "/protected/" in plain.picture.name


def test_receipt__of_a_public_upload_is_none_of_a_protected_one(rokka: RokkaStorage) -> None:
    public, hidden = (Target(rokka, is_protected, "f", "") for is_protected in (False, True))
    assert public.salt != hidden.salt


# The form of a model


@pytest.mark.django_db
@pytest.mark.usefixtures("rokka")
def test_validators_of_the_model__look_at_the_file_and_not_at_its_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    validators = [FileExtensionValidator(["jpeg"])]
    monkeypatch.setattr(Photo._meta.get_field("image"), "validators", validators)
    form = PhotoForm({}, files(image=an_upload(name="lake.jpeg")))
    assert form.is_valid(), form.errors
    photo = form.save()
    assert photo.image.name.endswith(".jpg")
    photo.full_clean()
    with assert_no_rokka_calls():
        assert "image" in PhotoForm({}, files(image=an_upload(name="lake.gif"))).errors


def test_field_classes__may_name_a_field_of_djangos() -> None:
    class FileForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
        class Meta:
            model = Photo
            fields = ("image",)
            field_classes = {"image": forms.FileField}

    assert type(FileForm().fields["image"]) is forms.FileField


class StorageWithoutURLs(FileSystemStorage):
    """Keeps files that no browser can get."""

    def url(self, name: str | None) -> str:
        raise ValueError("This file is not accessible via a URL.")


@pytest.mark.django_db
def test_page__of_a_fallback_without_urls_shows_the_name(
    configure: Any, settings: Settings
) -> None:
    old = {"BACKEND": f"{__name__}.{StorageWithoutURLs.__name__}"}
    settings.STORAGES = {**settings.STORAGES, "old": old}
    configure(fallback="old")
    photo = Photo(pk=1, image="photos/<i>.jpg")
    page = str(PhotoForm(instance=photo))
    assert "photos/&lt;i&gt;.jpg" in page
    assert "<img" not in page
