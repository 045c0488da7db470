"""Forms: they upload while they are cleaned, so that a failure is a form error."""

from __future__ import annotations

from django_rokka.forms.fields import RokkaImageField
from django_rokka.forms.last import RokkaFormMixin
from django_rokka.forms.uploads import RemoteImage, get_uploaded_reference

__all__ = ["RemoteImage", "RokkaFormMixin", "RokkaImageField", "get_uploaded_reference"]
