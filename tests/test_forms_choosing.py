"""An image that rokka has, chosen by its hash or alias in place of a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError

from django_rokka.client import observe_calls
from django_rokka.emulator import EmulatorServer
from django_rokka.forms import RokkaImageField
from django_rokka.render import ImageReference
from django_rokka.signals import image_chosen
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls
from django_rokka.widgets import RokkaImageWidget

from tests import pictures
from tests.pages import find_elements, read_words
from tests.test_forms import an_upload, files
from tests.test_forms_uploads import receipts
from tests.testapp.models import Contract, Photo


class ChoosingForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    image = RokkaImageField(choose=True, required=False)

    class Meta:
        model = Photo
        fields = ("title", "image")


class ChoosingContractForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    scan = RokkaImageField(choose=True)

    class Meta:
        model = Contract
        fields = ("scan",)


@pytest.fixture
def image(rokka: RokkaStorage) -> ImageReference:
    """An image at rokka, which has the alias ``header``."""
    reference = rokka.upload("Lake Côme.jpg", an_upload())
    rokka.client.aliases.create("header", reference.hash)
    return reference


@pytest.fixture
def chosen() -> Iterator[list[dict[str, Any]]]:
    """What the signal was sent with."""
    sent: list[dict[str, Any]] = []

    def remember(sender: Any, **kwargs: Any) -> None:
        sent.append({"sender": sender, **kwargs})

    image_chosen.connect(remember)
    yield sent
    image_chosen.disconnect(remember)


def choose(text: str, **data: str) -> ChoosingForm:
    return ChoosingForm({"image-chosen": text, **data}, files())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "write",
    ["{hash}", "  {hash}.jpg ", "{hash}/40x30/x.jpg", "header", "-_header_-", "-_header_-.png"],
)
def test_choice__by_hash_reference_or_alias_is_stored(write: str, image: ImageReference) -> None:
    with observe_calls() as calls:
        form = choose(write.format(hash=image.hash))
        assert form.is_valid(), form.errors
        photo = form.save()
    assert {call.method for call in calls} == {"GET"}
    stored = Photo.objects.get(pk=photo.pk)
    assert stored.image.name == str(image)
    assert (stored.image_width, stored.image_height) == (40, 30)


@pytest.mark.django_db
def test_choice__is_sent_to_receivers(image: ImageReference, chosen: Any, rokka: Any) -> None:
    form = choose("header")
    assert form.is_valid()
    assert chosen == [
        {
            "sender": ChoosingForm,
            "signal": image_chosen,
            "reference": image,
            "storage": rokka,
            "field": form.fields["image"],
            "form": form,
        }
    ]


@pytest.mark.django_db
def test_choice__that_a_receiver_refuses_is_an_error_of_the_form(image: ImageReference) -> None:
    def refuse(sender: Any, **kwargs: Any) -> None:
        raise ValidationError("Not yours.", code="not_yours")

    image_chosen.connect(refuse)
    try:
        form = choose("header")
        assert form.errors == {"image": ["Not yours."]}
    finally:
        image_chosen.disconnect(refuse)
    (_, text) = find_elements(str(form["image"]), "input")
    assert text["value"] == "header"
    assert receipts(form) == {}


@pytest.mark.django_db
def test_choice__is_looked_up_once_and_last(image: ImageReference) -> None:
    with assert_no_rokka_calls():
        form = choose(image.hash, title="x" * 101)
        assert set(form.errors) == {"title"}
    assert image.hash in str(form)
    form = choose(image.hash)
    assert form.is_valid()
    with assert_no_rokka_calls():
        again = ChoosingForm(receipts(form), files())
        assert again.save().image.hash == image.hash


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["not an alias!", '"><i>', "c0ffee.jpg", "../x", "a" * 39 + "!"])
def test_choice__that_cannot_be_is_refused_without_asking(text: str, rokka: Any) -> None:
    with assert_no_rokka_calls():
        form = choose(text)
        (error,) = form.errors.get_json_data()["image"]
    assert error["code"] == "invalid_choice"
    assert f"“{text}” cannot be an image. Write a hash of 40 digits" in error["message"]
    assert "<i>" not in str(form)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["nowhere", "c0ffee", "a" * 40])
def test_choice__that_is_not_there_is_an_error_in_words(text: str, rokka: Any) -> None:
    (message,) = choose(text).errors["image"]
    assert message == (
        f"There is no image “{text}” in the organization demo. Check the hash or the name of the"
        " alias."
    )


@pytest.mark.django_db
def test_choice__between_public_and_protected_is_refused(rokka: RokkaStorage) -> None:
    public = rokka.upload("a.jpg", an_upload())
    hidden = rokka.upload("b.jpg", an_upload(pictures.jpeg(colour="blue")), is_protected=True)
    assert "is protected, and this field" in choose(hidden.hash).errors["image"][0]
    form = ChoosingContractForm({"scan-chosen": public.hash}, files())
    assert "is public, and this field" in form.errors["scan"][0]
    form = ChoosingContractForm({"scan-chosen": hidden.hash}, files())
    assert form.is_valid(), form.errors
    assert form.save().scan.is_protected


@pytest.mark.django_db
def test_choice__obeys_size_and_format(image: ImageReference) -> None:
    form = choose(image.hash)
    form.fields["image"].max_size = 10  # type: ignore[attr-defined]  # ours
    assert form.errors.get_json_data()["image"][0]["code"] == "max_size"
    form = choose(image.hash)
    form.fields["image"].formats = ("png",)  # type: ignore[attr-defined]  # ours
    assert form.errors.get_json_data()["image"][0]["code"] == "invalid_format"


@pytest.mark.django_db
def test_choice__and_a_file_or_clearing_contradict_each_other(image: ImageReference) -> None:
    for data, sent in (({}, files(image=an_upload())), ({"image-clear": "on"}, files())):
        with assert_no_rokka_calls():
            form = ChoosingForm({"image-chosen": "header", **data}, sent)
            assert form.errors.get_json_data()["image"][0]["code"] == "contradiction"


@pytest.mark.django_db
def test_choice__during_an_outage_is_an_error(rokka: Any, server: EmulatorServer) -> None:
    server.emulator.faults.add(method="GET", path="/sourceimages/", status=503, times=2)
    for text in ("header", "a" * 40):
        assert "could not be looked up." in choose(text).errors["image"][0]


@pytest.mark.django_db
def test_choice__in_an_unknown_organization_is_an_error(configure: Any) -> None:
    configure(organization="nobody")
    assert "There is no organization 'nobody'" in choose("a" * 40).errors["image"][0]
    configure(organization="")
    assert "has no organization" in choose("a" * 40).errors["image"][0]


@pytest.mark.django_db
def test_choice__is_not_read_where_it_is_not_offered(image: ImageReference) -> None:
    class PhotoForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
        class Meta:
            model = Photo
            fields = ("image",)

    form = PhotoForm({"image-chosen": image.hash}, files())
    assert form.is_valid()
    assert not form.cleaned_data["image"]
    assert "image-chosen" not in str(form)


@pytest.mark.usefixtures("rokka")
def test_choice__outside_of_a_form_is_looked_up_at_once(image: ImageReference) -> None:
    field = RokkaImageField(choose=True)
    assert isinstance(field.widget, RokkaImageWidget)
    data = field.widget.value_from_datadict({"x-chosen": "header"}, files(), "x")
    file = field.clean(data)
    with file:
        assert file.read() == pictures.jpeg()


def test_input__asks_for_a_file_or_a_choice_without_insisting_on_either() -> None:
    form = ChoosingContractForm()
    file, text = find_elements(str(form["scan"]), "input")
    assert "required" not in file
    assert (text["type"], text["name"]) == ("text", "scan-chosen")
    assert "or the hash or alias of an image at rokka" in read_words(str(form))
    assert ChoosingContractForm({}, files()).errors == {"scan": ["This field is required."]}
