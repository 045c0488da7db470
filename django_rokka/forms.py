"""The form field: it uploads while the form is cleaned, so that a failure is a form error."""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from django_rokka.exceptions import RokkaError
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage, get_rokka_storage
from django_rokka.widgets import RokkaImageWidget

__all__ = ["RokkaImageField", "get_uploaded_reference"]

logger = logging.getLogger("django_rokka.forms")

_REFERENCE = "_rokka_reference"

# What the readers of Pillow raise when a file breaks its format.
_BROKEN = (
    ArithmeticError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)


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
        if isinstance(value, UploadedFile) and get_uploaded_reference(value) is None:
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

        try:
            Image.open(file).verify()
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
        setattr(file, _REFERENCE, reference)


def get_uploaded_reference(file: Any) -> ImageReference | None:
    """Return the reference of a file that a form has uploaded already, else ``None``."""
    reference: ImageReference | None = getattr(file, _REFERENCE, None)
    return reference
