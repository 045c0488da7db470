"""The form field: it checks a file, and uploads it once all else in its form is valid."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.signing import BadSignature
from django.db.models.fields.files import FieldFile
from django.forms.boundfield import BoundField
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from django_rokka.exceptions import (
    InvalidAliasName,
    InvalidReference,
    NotFound,
    OrganizationNotFound,
    RokkaError,
)
from django_rokka.forms.choosing import find_image, read_choice
from django_rokka.forms.formats import MEDIA_TYPES
from django_rokka.forms.inspection import MESSAGES, check_format, check_size, inspect
from django_rokka.forms.last import clean_last, get_model_field
from django_rokka.forms.reasons import get_reason
from django_rokka.forms.uploads import (
    RemoteImage,
    Target,
    UploadSession,
    get_uploaded_reference,
    mark,
    read_receipt,
    sign_receipt,
)
from django_rokka.render import MAX_ALIAS_LENGTH, has_alias_characters
from django_rokka.signals import image_chosen
from django_rokka.storage import get_rokka_storage
from django_rokka.widgets import Choice, KeptImage, Receipt, RokkaHiddenInput, RokkaImageWidget

if TYPE_CHECKING:
    from django_rokka.client import SourceImage
    from django_rokka.render import ImageReference
    from django_rokka.storage import RokkaStorage

__all__ = ["MAX_SIZE", "RokkaImageField"]

logger = logging.getLogger("django_rokka.forms")

MAX_SIZE = 1180 * 1024 * 1024
"""Bytes beyond which rokka takes no file."""


_SHOWN = 200
"""Characters of a choice that an error repeats."""


class RokkaImageField(forms.FileField):
    """Take any image that rokka takes, and upload it.

    ``storage`` returns the storage to upload to, by default the only rokka storage there is, and
    ``is_protected`` makes it a protected image; in the form of a model its ``RokkaImage`` of the
    same name decides both. ``max_size`` is in bytes, ``formats`` are names such as ``"jpg"``, by
    default all that rokka takes. With ``choose`` the hash or the alias of an image that rokka has
    will do in place of a file.
    The cleaned value is the uploaded file; a model's ``RokkaImage`` knows that it is uploaded.
    """

    widget: forms.Widget | type[forms.Widget] = RokkaImageWidget
    default_error_messages = {
        **MESSAGES,
        "upload_failed": _("The image could not be uploaded. %(reason)s"),
        "out_of_time": _(
            "“%(name)s” was not uploaded: the files before it took all of the %(seconds)s seconds."
            " What was uploaded is kept, so choose this one again."
        ),
        "invalid_receipt": _(
            "The file that was sent before could not be found again: the page was open for too"
            " long, or was changed. Choose the file again."
        ),
        "invalid_choice": _(
            "“%(choice)s” cannot be an image. Write a hash of 40 digits, or the name of an alias."
        ),
        "choice_is_no_alias": _(
            "%(alias)s is no alias name, and rokka would answer that there is none: use letters,"
            " digits and underscores only. Or write a hash of 40 digits."
        ),
        "choice_is_too_long": _(
            "%(alias)s is no alias name: it has more than %(limit)d characters. Shorten it. Or"
            " write a hash of 40 digits."
        ),
        "unknown_choice": _(
            "There is no image “%(choice)s” in the organization %(organization)s. Check the hash"
            " or the name of the alias."
        ),
        "choice_not_allowed": _(
            "Protected images cannot be chosen here, since nothing says who may have which. Send"
            " the file."
        ),
        "choice_failed": _("The image could not be looked up. %(reason)s"),
        "choice_is_public": _(
            "“%(choice)s” is public, and this field holds protected images only. Send its file,"
            " which is uploaded as a protected image then."
        ),
        "choice_is_protected": _(
            "“%(choice)s” is protected, and this field shows its images to everybody. Choose a"
            " public image."
        ),
    }

    def __init__(
        self,
        *,
        storage: Callable[[], RokkaStorage] = get_rokka_storage,
        is_protected: bool = False,
        max_size: int = MAX_SIZE,
        formats: Sequence[str] = (),
        choose: bool = False,
        **kwargs: Any,
    ) -> None:
        unknown = ", ".join(repr(name) for name in formats if name not in MEDIA_TYPES)
        if unknown:
            raise ValueError(f"Unknown format {unknown}, use some of: {', '.join(MEDIA_TYPES)}.")
        self.storage = storage
        self.is_protected = is_protected
        self.max_size = max_size
        self.formats = tuple(formats)
        self.choose = choose
        self._form: forms.BaseForm | None = None
        self._name = ""
        super().__init__(**kwargs)
        if isinstance(self.widget, RokkaImageWidget):
            self.widget.can_choose = choose

    @property
    def hidden_widget(self) -> Callable[[], forms.Widget]:  # type: ignore[override]  # it is only called
        """What a later page holds of the field: the receipt of its file, or what was chosen."""
        return partial(RokkaHiddenInput, receipt=self.get_receipt(), choice=self.get_choice())

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> BoundField:
        """Join a form, whose cleaning ends with the upload from now on."""
        self._form, self._name = form, field_name
        if form.is_bound:
            clean_last(form)
        return super().get_bound_field(form, field_name)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Validate as a file field does; outside of a form, also upload what is new."""
        if data and isinstance(data, FieldFile):
            return data  # what is stored already, of a disabled field
        if isinstance(data, Receipt):
            return self._redeem(data)
        value = (
            self._read_choice(data) if isinstance(data, Choice) else super().clean(data, initial)
        )
        if self._form is None and isinstance(value, UploadedFile):
            self.upload(value)
        return value

    def to_python(self, data: Any) -> Any:
        """Check what can be checked here; what nobody here knows, rokka judges."""
        file = super().to_python(data)
        if file is not None:
            with self._own_messages():
                check_size(file.name, file.size, limit=self.max_size)
                inspect(file, formats=self.formats)
        return file

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Offer what is taken in the browser's dialog."""
        attributes = super().widget_attrs(widget)
        if isinstance(widget, forms.FileInput) and "accept" not in widget.attrs:
            allowed = ",".join(MEDIA_TYPES[name] for name in self.formats)
            attributes["accept"] = allowed or "image/*,video/mp4,application/pdf"
        return attributes

    # Uploading, which the form asks for last

    def upload(self, file: UploadedFile[Any]) -> None:
        """Upload a file, or look up what was chosen; a form does so at the end of its cleaning.

        Raise ``ValidationError`` with what went wrong, in words.
        """
        if self.get_reference(file) is not None:
            return
        code = "upload_failed"
        try:
            target = self._get_target()
            session = UploadSession.of(*((self._form.files, self._form.data) if self._form else ()))
            if isinstance(file, RemoteImage):
                code = "choice_failed"
                reference = self._choose(file, target, session)
            else:
                reference = session.run(file, target, lambda end: self._send(file, target, end))
        except (RokkaError, ImproperlyConfigured) as error:
            raise self._fail(code, file, error) from error
        mark(file, reference, target)

    def get_reference(self, file: Any) -> ImageReference | None:
        """Return the reference of a value that needs no upload any more."""
        try:
            target = self._get_target()
        except ImproperlyConfigured:
            return None
        return get_uploaded_reference(
            file, storage=target.storage, is_protected=target.is_protected
        )

    def show(self, file: UploadedFile[Any]) -> None:
        """Let the widget show what became of a file, for the case that the page is shown again."""
        if not isinstance(self.widget, RokkaImageWidget):
            return
        if isinstance(file, RemoteImage) and file.choice:
            return  # its text is shown; a receipt would not be asked about again
        reference = self.get_reference(file)
        if reference is not None:
            target = self._get_target()
            receipt = sign_receipt(reference, target)
            self.widget.kept = KeptImage(receipt, str(reference), target.storage)
        elif not isinstance(file, RemoteImage):
            self.widget.dropped = file.name or ""

    def get_receipt(self) -> str:
        """Return what stands for the uploaded file in a page, empty when there is none."""
        kept = getattr(self.widget, "kept", None)
        return kept.receipt if kept else ""

    def get_choice(self) -> str:
        """Return what was written to choose an image, empty where nothing was."""
        return str(getattr(self.widget, "choice", ""))

    def _get_target(self) -> Target:
        form = self._form
        model_field = get_model_field(form, self._name)
        storage = self.storage() if model_field is None else model_field.rokka_storage
        is_protected = self.is_protected if model_field is None else model_field.protected
        if form is None:
            label = ""
        elif model_field is None:
            label = f"{type(form).__module__}.{type(form).__qualname__}.{self._name}"
        else:
            label = str(model_field)
        return Target(storage, is_protected, label, str(getattr(form, "upload_owner", "")))

    def _send(self, file: UploadedFile[Any], target: Target, end: float) -> ImageReference:
        try:
            reference = target.storage.upload(
                file.name or "",
                file,
                is_protected=target.is_protected,
                deadline=self._seconds_until(end, file, target),
            )
        except (RokkaError, ImproperlyConfigured) as error:
            raise self._fail("upload_failed", file, error) from error
        file.seek(0)  # for whoever reads what was cleaned
        return reference

    def _seconds_until(self, end: float, file: UploadedFile[Any], target: Target) -> float:
        seconds = end - time.monotonic()
        if seconds <= 0:
            limit = target.storage.config.upload_deadline
            raise self._invalid("out_of_time", name=file.name, seconds=f"{limit:g}")
        return seconds

    def _fail(self, code: str, file: UploadedFile[Any], error: Exception) -> ValidationError:
        logger.error("%r in a form: %s. %s", file.name, code, error)
        return self._invalid(code, reason=get_reason(error))

    # The second try

    def _redeem(self, receipt: Receipt) -> RemoteImage:
        try:
            target = self._get_target()
            reference = read_receipt(receipt.text, target)
        except ImproperlyConfigured as error:
            logger.error("A receipt in a form: %s", error)
            raise self._invalid("upload_failed", reason=get_reason(error)) from error
        except (BadSignature, InvalidReference) as error:
            raise self._invalid("invalid_receipt") from error
        image = RemoteImage(f"{reference.file_name}.{reference.extension}")
        mark(image, reference, target)
        return image

    # Choosing

    def _read_choice(self, choice: Choice) -> RemoteImage:
        try:
            read_choice(choice.text)
        except InvalidReference as error:
            raise self._refuse_choice(choice.text.strip(), error) from error
        return RemoteImage(choice.text, choice=choice.text)

    def _refuse_choice(self, text: str, error: InvalidReference) -> ValidationError:
        if not isinstance(error.__cause__, InvalidAliasName):
            return self._invalid("invalid_choice", choice=Truncator(text).chars(_SHOWN))
        kind = "too_long" if has_alias_characters(text) else "no_alias"
        return self._invalid(f"choice_is_{kind}", alias=repr(text[:_SHOWN]), limit=MAX_ALIAS_LENGTH)

    def _choose(self, file: RemoteImage, target: Target, session: UploadSession) -> ImageReference:
        """Look up what was chosen, once in a request, and ask about it for each form."""
        sender, text = type(self._form or self), file.choice
        if target.is_protected and not image_chosen.has_listeners(sender):
            raise self._invalid("choice_not_allowed")
        image, reference = session.run(text, target, lambda end: self._find(file, target, end))
        if image.is_protected != target.is_protected:
            kind = "protected" if image.is_protected else "public"
            raise self._invalid(f"choice_is_{kind}", choice=text)
        with self._own_messages():
            check_size(text, image.size, limit=self.max_size)
            check_format(text, reference.extension, formats=self.formats)
        image_chosen.send(
            sender, reference=reference, storage=target.storage, field=self, form=self._form
        )
        return reference

    def _find(
        self, file: RemoteImage, target: Target, end: float
    ) -> tuple[SourceImage, ImageReference]:
        text = file.choice
        self._seconds_until(end, file, target)
        try:
            return find_image(read_choice(text), target.storage, end=end)
        except OrganizationNotFound as error:
            raise self._fail("choice_failed", file, error) from error
        except NotFound as error:
            organization = target.storage.config.organization
            raise self._invalid("unknown_choice", choice=text, organization=organization) from error
        except (RokkaError, ImproperlyConfigured) as error:
            raise self._fail("choice_failed", file, error) from error

    @contextmanager
    def _own_messages(self) -> Iterator[None]:
        """Say what is wrong in the words that the field was given."""
        try:
            yield
        except ValidationError as error:
            error.message = self.error_messages[str(error.code)]
            raise

    def _invalid(self, code: str, **params: Any) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=params)
