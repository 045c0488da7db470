"""Forms: they upload while they are cleaned, so that a failure is a form error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_rokka.deferral import defer

if TYPE_CHECKING:
    from django_rokka.forms.fields import RokkaImageField
    from django_rokka.forms.last import RokkaFormMixin
    from django_rokka.forms.uploads import RemoteImage, get_uploaded_reference
else:
    __getattr__, __dir__ = defer(
        __name__,
        {
            "fields": ["RokkaImageField"],
            "last": ["RokkaFormMixin"],
            "uploads": ["RemoteImage", "get_uploaded_reference"],
        },
    )

__all__ = ["RemoteImage", "RokkaFormMixin", "RokkaImageField", "get_uploaded_reference"]
