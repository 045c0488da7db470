"""An image that rokka has, chosen by its hash or alias in place of a file."""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterator
from io import UnsupportedOperation
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator
from django.forms import modelformset_factory
from django.http import QueryDict

from django_rokka.client import observe_calls
from django_rokka.emulator import EmulatorServer
from django_rokka.forms import RokkaFormMixin, RokkaImageField
from django_rokka.render import ImageReference
from django_rokka.signals import image_chosen
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls
from django_rokka.widgets import RokkaImageWidget

from tests import pictures
from tests.django_fixtures import API_KEY
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


class OwnedForm(RokkaFormMixin, ChoosingForm):
    """A form that tells what a later page needs."""


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
    assert receipts(form) == {}  # the text stays, which is asked about again
    assert image.hash in str(form)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["not an alias!", '"><i>', "../x", "a" * 39 + "!"])
def test_choice__that_cannot_be_is_refused_without_asking(text: str, rokka: Any) -> None:
    with assert_no_rokka_calls():
        form = choose(text)
        (error,) = form.errors.get_json_data()["image"]
    assert error["code"] == "choice_is_no_alias"
    assert error["message"].startswith(f"{text!r} is no alias name, and rokka would answer")
    assert error["message"].endswith(" Or write a hash of 40 digits.")
    assert "<i>" not in str(form)


@pytest.mark.django_db
def test_choice__by_a_part_of_a_hash_is_refused_without_asking(rokka: Any) -> None:
    with assert_no_rokka_calls():
        (error,) = choose("c0ffee.jpg").errors.get_json_data()["image"]
    assert error == {
        "code": "invalid_choice",
        "message": (
            "“c0ffee.jpg” cannot be an image. Write a hash of 40 digits, or the name of an alias."
        ),
    }


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["nowhere", "c0ffee", "a" * 40])
def test_choice__that_is_not_there_is_an_error_in_words(text: str, rokka: Any) -> None:
    (message,) = choose(text).errors["image"]
    assert message == (
        f"There is no image “{text}” in the organization demo. Check the hash or the name of the"
        " alias."
    )


@pytest.mark.django_db
@pytest.mark.usefixtures("chosen")
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
def test_choice__of_a_protected_image_is_refused_where_nothing_asks_who_may(
    rokka: RokkaStorage,
) -> None:
    hidden = rokka.upload("b.jpg", an_upload(), is_protected=True)
    with assert_no_rokka_calls():
        form = ChoosingContractForm({"scan-chosen": hidden.hash}, files())
        assert form.errors.get_json_data()["scan"][0]["code"] == "choice_not_allowed"


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
    assert "This site is not set up for it" in choose("a" * 40).errors["image"][0]
    configure(organization="")
    assert "This site is not set up for it" in choose("a" * 40).errors["image"][0]


@pytest.fixture
def rows() -> Iterator[list[Photo]]:
    """Two rows, of which a receiver lets only the first one choose."""
    made = [Photo.objects.create(title="allowed"), Photo.objects.create(title="forbidden")]

    def guard(sender: Any, form: Any, **kwargs: Any) -> None:
        if form.instance.pk == made[1].pk:
            raise ValidationError("Not yours.")

    image_chosen.connect(guard)
    yield made
    image_chosen.disconnect(guard)


@pytest.mark.django_db
def test_choice__is_looked_up_once_and_asked_about_for_each_form(
    image: ImageReference, rows: list[Photo]
) -> None:
    FormSet = modelformset_factory(Photo, form=ChoosingForm, extra=0)  # noqa: N806  # a class
    data = QueryDict("form-TOTAL_FORMS=2&form-INITIAL_FORMS=2", mutable=True)
    for number, row in enumerate(rows):
        data[f"form-{number}-id"] = str(row.pk)
        data[f"form-{number}-image-chosen"] = "header"
    with observe_calls() as calls:
        formset = FormSet(data, files(), queryset=Photo.objects.order_by("pk"))
        assert formset.errors == [{}, {"image": ["Not yours."]}]
    assert len(calls) == 2  # of the alias and of the image


@pytest.mark.django_db
def test_choice__has_no_receipt_that_another_row_could_use(
    image: ImageReference, rows: list[Photo]
) -> None:
    form = ChoosingForm({"image-chosen": "header"}, files(), instance=rows[0])
    assert form.is_valid(), form.errors
    field: Any = form.fields["image"]
    assert field.get_receipt() == ""
    (hidden,) = find_elements(form["image"].as_hidden(), "input")
    later = {hidden["name"]: hidden["value"]}
    assert later == {"image-chosen": "header"} == OwnedForm(later, files()).get_receipts()
    form = ChoosingForm(later, files(), instance=rows[1])
    assert form.errors == {"image": ["Not yours."]}


@pytest.mark.django_db
@pytest.mark.parametrize("length", [151, 1001, 100_000])
def test_choice__longer_than_any_alias_is_refused_in_few_words(length: int, rokka: Any) -> None:
    with assert_no_rokka_calls():
        (error,) = choose("a" * length).errors.get_json_data()["image"]
    assert error["code"] == "choice_is_too_long"
    assert len(error["message"]) < 400


@pytest.mark.django_db
def test_choice__is_no_file_for_the_validators_of_the_model(
    image: ImageReference, monkeypatch: pytest.MonkeyPatch
) -> None:
    def limit(value: Any) -> None:
        assert value.size < 10**6

    validators = [FileExtensionValidator(["png"]), limit]
    monkeypatch.setattr(Photo._meta.get_field("image"), "validators", validators)
    form = choose("header")
    assert form.is_valid(), form.errors


@pytest.mark.django_db
def test_choice__that_is_read_too_early_says_when_it_can_be(image: ImageReference) -> None:
    class EarlyForm(ChoosingForm):
        def clean_image(self) -> Any:
            file = self.cleaned_data["image"]
            with pytest.raises(UnsupportedOperation, match="Read it after is_valid"):
                file.read()
            return file

    form = EarlyForm({"image-chosen": "header"}, files())
    assert form.is_valid(), form.errors
    with form.cleaned_data["image"] as file:
        assert file.read() == pictures.jpeg()


@pytest.mark.django_db
def test_choice__that_is_pickled_holds_no_key_and_can_be_read(image: ImageReference) -> None:
    form = choose("header")
    assert form.is_valid()
    form.cleaned_data["image"].read(1)
    with form.cleaned_data["image"] as file:
        data = pickle.dumps((file, form.files))
    assert API_KEY.encode() not in data
    with pickle.loads(data)[0] as file:  # noqa: S301  # our own
        assert file.read() == pictures.jpeg()


@pytest.mark.django_db
def test_deadline__is_that_of_all_choices_of_a_formset_without_files(
    configure: Any, server: EmulatorServer
) -> None:
    configure(upload_deadline=0.5)
    server.emulator.faults.add(method="GET", path="/sourceimages/", delay=20, times=9)
    FormSet = modelformset_factory(Photo, form=ChoosingForm, extra=4)  # noqa: N806  # a class
    data = QueryDict("form-TOTAL_FORMS=4&form-INITIAL_FORMS=0", mutable=True)
    for number in range(4):
        data[f"form-{number}-image-chosen"] = f"alias_{number}"
    started = time.monotonic()
    errors = FormSet(data, files(), queryset=Photo.objects.none()).errors
    assert time.monotonic() - started < 1.5
    assert "took all of the 0.5 seconds" in str(errors[-1])


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
