"""The form field: it uploads while the form is cleaned, so that a failure is a form error."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.files import File
from django.core.files.storage import Storage
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from django_rokka.exceptions import RokkaError
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage, get_rokka_storage
from django_rokka.widgets import RokkaImageWidget

__all__ = ["RokkaImageField", "get_uploaded_reference"]

logger = logging.getLogger("django_rokka.forms")

_UPLOAD = "_rokka_upload"

# What rokka takes and Pillow reads. Of the many other readers some fail on hostile files in ways
# of their own, and what rokka does not take is rokka's to refuse.
_FORMATS = ("AVIF", "GIF", "JPEG", "PNG", "PSD", "TIFF", "WEBP")

# What these readers raise when a file breaks its format.
_BROKEN = (OSError, OverflowError, RuntimeError, SyntaxError, ValueError)


class _Upload(NamedTuple):
    """What a form has done with a file already."""

    reference: ImageReference
    storage: Storage
    is_protected: bool


class RokkaImageField(forms.FileField):
    """Take any image that rokka takes, and upload it.

    ``storage`` returns the storage to upload to, by default the only rokka storage there is.
    The cleaned value is the uploaded file; a model's ``RokkaImage`` knows that it is uploaded.
    """

    widget: forms.Widget | type[forms.Widget] = RokkaImageWidget
    default_error_messages = {
        "invalid_image": _(
            "“%(name)s” is damaged or not the image it seems to be (%(reason)s)."
            " Choose another file."
        ),
        "upload_failed": _("The image could not be uploaded. %(reason)s"),
    }

    def __init__(
        self,
        *,
        storage: Callable[[], RokkaStorage] = get_rokka_storage,
        is_protected: bool = False,
        **kwargs: Any,
    ) -> None:
        self.storage = storage
        self.is_protected = is_protected
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Validate as a file field does, then upload what is new."""
        value = super().clean(data, initial)
        if isinstance(value, UploadedFile):
            self._upload(value)
        return value

    def to_python(self, data: Any) -> Any:
        """Check what Pillow can check; what it does not know, rokka judges."""
        file = super().to_python(data)
        if file is not None:
            self._verify(file)
        return file

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Offer what rokka takes in the browser's dialog."""
        attributes = super().widget_attrs(widget)
        if isinstance(widget, forms.FileInput) and "accept" not in widget.attrs:
            attributes["accept"] = "image/*,video/mp4,application/pdf"
        return attributes

    def _verify(self, file: File[Any]) -> None:
        from PIL import Image, UnidentifiedImageError

        Image.init()  # a Pillow without AVIF does not know its name
        try:
            Image.open(file, formats=[name for name in _FORMATS if name in Image.OPEN]).verify()
        except UnidentifiedImageError:
            pass  # SVG, HEIC, PDF and video are rokka's to judge.
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            pass  # Pillow's limit on pixels is for decoding; rokka has its own.
        except _BROKEN as error:
            raise ValidationError(
                self.error_messages["invalid_image"],
                code="invalid_image",
                params={"name": file.name, "reason": error},
            ) from error
        finally:
            file.seek(0)

    def _upload(self, file: UploadedFile[Any]) -> None:
        try:
            storage = self.storage()
            if self._get_reference(file, storage) is not None:
                return
            reference = storage.upload(
                file.name or "",
                file,
                is_protected=self.is_protected,
                deadline=storage.config.upload_deadline,
            )
        except (RokkaError, ImproperlyConfigured) as error:
            logger.error("The upload of %r in a form failed: %s", file.name, error)
            raise ValidationError(
                self.error_messages["upload_failed"],
                code="upload_failed",
                params={"reason": error},
            ) from error
        file.seek(0)  # for whoever reads what was cleaned
        setattr(file, _UPLOAD, _Upload(reference, storage, self.is_protected))

    def _get_reference(self, file: UploadedFile[Any], storage: Storage) -> ImageReference | None:
        return get_uploaded_reference(file, storage=storage, is_protected=self.is_protected)


def get_uploaded_reference(
    file: Any, *, storage: Storage, is_protected: bool
) -> ImageReference | None:
    """Return the reference of a file that a form has uploaded already, else ``None``.

    What went to another storage, or was not protected as it is to be, does not count.
    """
    upload: _Upload | None = getattr(file, _UPLOAD, None)
    if upload is None or upload[1:] != (storage, is_protected):
        return None
    return upload.reference
