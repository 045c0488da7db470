"""The form widget: a file input that shows the image it would replace."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.db.models.fields.files import FieldFile

from django_rokka.exceptions import RokkaError
from django_rokka.markup import preview
from django_rokka.render import ImageReference

__all__ = ["RokkaImageWidget"]


class RokkaImageWidget(forms.ClearableFileInput):
    """A clearable file input with a preview, the image's size and its alias."""

    template_name = "django_rokka/widgets/image.html"

    class Media:
        css = {"all": ["django_rokka/widget.css"]}

    def is_initial(self, value: Any) -> bool:
        """Say whether a row has an image; a file that was just sent is none yet."""
        return isinstance(value, FieldFile) and bool(value)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the preview and what the reference tells."""
        context = super().get_context(name, value, attrs)
        if context["widget"]["is_initial"]:
            context["widget"].update(_describe(value))
        return context


def _describe(value: FieldFile) -> dict[str, Any]:
    """Return what the template shows; a broken reference or setting is shown in words."""
    try:
        reference = ImageReference.parse(value.name or "")
        return {"preview": preview(value.storage, value.name or ""), "reference": reference}
    except (RokkaError, ImproperlyConfigured) as error:
        return {"problem": str(error)}
