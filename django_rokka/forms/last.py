"""What makes the upload the last step of cleaning a form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import ImageField
from django.forms.formsets import DELETION_FIELD_NAME

from django_rokka.widgets import get_choice_name, get_receipt_name

if TYPE_CHECKING:
    from django_rokka.forms.fields import RokkaImageField

    _Files = list[tuple[str, RokkaImageField, UploadedFile[Any]]]

__all__ = ["RokkaFormMixin", "clean_last", "get_model_field"]


class RokkaFormMixin:
    """Upload the images of a form last, once all else in it is valid.

    Every form with a ``RokkaImageField`` does so by itself, the admin's too. The mixin says whose
    uploads they are: with ``upload_owner`` (such as the key of a user or of a session) nobody
    else can send a page's hidden receipts.
    """

    upload_owner: str = ""

    if TYPE_CHECKING:
        is_valid: Callable[[], bool]

    def get_receipts(self) -> dict[str, str]:
        """Return the hidden data that stand for the uploaded and the chosen images, by name.

        A later step of a wizard adds them to this form's data, and nothing is uploaded again. An
        image that was chosen is looked up and asked about again.
        """
        self.is_valid()
        receipts = {}
        for name, field in _get_fields(self):
            prefixed = self.add_prefix(name)  # type: ignore[attr-defined]  # a form's
            receipts[get_receipt_name(prefixed)] = field.get_receipt()
            receipts[get_choice_name(prefixed)] = field.get_choice()
        return {name: receipt for name, receipt in receipts.items() if receipt}


def clean_last(form: forms.BaseForm) -> None:
    """Let a form end its cleaning with the uploads of its image fields."""
    # A form calls _post_clean() last. It is replaced on this one form, because the forms that
    # Django's admin makes have no base class of ours.
    own = vars(form)
    if "_post_clean" not in own:
        own["_post_clean"] = partial(_clean, form, form._post_clean)  # type: ignore[attr-defined]  # noqa: SLF001  # see above


def get_model_field(form: Any, name: str) -> Any:
    """Return the ``RokkaImage`` of this name in the form of a model, else ``None``."""
    model = getattr(getattr(form, "_meta", None), "model", None)
    if model is None:
        return None
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    # Known by what it has: the model field stands above the forms.
    is_ours = isinstance(field, ImageField) and hasattr(type(field), "rokka_storage")
    return field if is_ours else None


def _clean(form: forms.BaseForm, post_clean: Callable[[], None]) -> None:
    """Validate the model, upload, and validate it again with the image as it is stored."""
    before = _get_images(form)
    post_clean()
    files = list(_iter_files(form))
    if not (_are_uploaded(files) or form.errors or form.cleaned_data.get(DELETION_FIELD_NAME)):
        _upload(form, files)
        if not form.errors:
            post_clean()
    if not _are_uploaded(files) and before:
        form.instance.__dict__.update(before)  # type: ignore[attr-defined]  # what a page shows
    for _, field, file in files:
        field.show(file)


def _upload(form: forms.BaseForm, files: _Files) -> None:
    for name, field, file in files:
        try:
            field.upload(file)
        except ValidationError as error:  # noqa: PERF203  # next to an upload it costs nothing
            form.add_error(name, error)


def _are_uploaded(files: _Files) -> bool:
    return all(field.get_reference(file) for _, field, file in files)


def _get_fields(form: Any) -> list[tuple[str, RokkaImageField]]:
    return [(name, field) for name, field in form.fields.items() if hasattr(field, "get_receipt")]


def _iter_files(form: forms.BaseForm) -> Iterator[tuple[str, RokkaImageField, UploadedFile[Any]]]:
    for name, field in _get_fields(form):
        value = form.cleaned_data.get(name)
        if isinstance(value, UploadedFile) and not field.disabled:
            yield name, field, value


def _get_images(form: Any) -> dict[str, Any]:
    """Return the images of the form's object, which are shown again after an error."""
    values = getattr(getattr(form, "instance", None), "__dict__", {})
    return {name: values[name] for name, _ in _get_fields(form) if name in values}
