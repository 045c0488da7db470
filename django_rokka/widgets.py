"""The form widget: a file input that shows the image it would replace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage
from django.db.models.fields.files import FieldFile
from django.forms.widgets import FILE_INPUT_CONTRADICTION

from django_rokka.exceptions import RokkaError
from django_rokka.markup import preview
from django_rokka.render import ImageReference
from django_rokka.storage import require_rokka_storage

__all__ = [
    "Choice",
    "KeptImage",
    "Receipt",
    "RokkaHiddenInput",
    "RokkaImageWidget",
    "get_choice_name",
    "get_receipt_name",
]


class Receipt(NamedTuple):
    """What a page sent in place of a file that an earlier try has uploaded; not trusted yet."""

    text: str


class Choice(NamedTuple):
    """What somebody wrote to choose an image that rokka has; not trusted yet."""

    text: str


class KeptImage(NamedTuple):
    """An image that was uploaded, but is in no row yet, and the receipt that stands for it."""

    receipt: str
    name: str
    storage: Storage


class RokkaImageWidget(forms.ClearableFileInput):
    """A clearable file input with a preview, the image's size and its alias.

    What became of a file is told by its form field: ``kept`` is an image that was uploaded, and
    ``dropped`` the name of a file that was not.
    """

    template_name = "django_rokka/widgets/image.html"
    can_choose = False
    kept: KeptImage | None = None
    dropped = ""
    choice = ""

    class Media:
        css = {"all": ["django_rokka/widget.css"]}

    def is_initial(self, value: Any) -> bool:
        """Say whether a row has an image; a file that was just sent is none yet."""
        return isinstance(value, FieldFile) and bool(value)

    def use_required_attribute(self, initial: Any) -> bool:
        """Let no browser insist on a file where a choice will do."""
        return not self.can_choose and super().use_required_attribute(initial)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the preview and what the reference tells, or the image that was just uploaded."""
        context = super().get_context(name, value, attrs)
        widget = context["widget"]
        widget["dropped"] = self.dropped
        if self.can_choose:
            widget.update(choice_name=get_choice_name(name), choice=self.choice)
        if self.kept:
            widget["attrs"].pop("required", None)
            widget.update(receipt_name=get_receipt_name(name), receipt=self.kept.receipt)
            widget.update(_describe(self.kept))
        elif widget["is_initial"]:
            is_protected = getattr(value.field, "protected", False)
            widget.update(_describe(value, is_protected=is_protected))
        return context

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        """Return the one thing that was sent: a file, a choice, ``False`` to clear, a receipt."""
        self.choice = str(data.get(get_choice_name(name)) or "").strip() if self.can_choose else ""
        value = super().value_from_datadict(data, files, name)
        if self.choice:
            return Choice(self.choice) if value is None else FILE_INPUT_CONTRADICTION
        receipt = data.get(get_receipt_name(name))
        # Who sends another file, or clears, has changed their mind about the one before.
        return Receipt(str(receipt)) if value is None and receipt else value

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        """Say whether a form did not have this input at all."""
        others = {get_receipt_name(name), get_choice_name(name)}
        return super().value_omitted_from_data(data, files, name) and others.isdisjoint(data)


class RokkaHiddenInput(forms.HiddenInput):
    """A file's receipt or what was chosen, for the later pages of a form that spans several."""

    def __init__(
        self, *, receipt: str, choice: str = "", attrs: dict[str, Any] | None = None
    ) -> None:
        super().__init__(attrs)
        self.receipt = receipt
        self.choice = choice

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Write the receipt or the choice, and nothing of the value."""
        if self.choice:
            return super().get_context(get_choice_name(name), self.choice, attrs)
        return super().get_context(get_receipt_name(name), self.receipt, attrs)


def get_receipt_name(name: str) -> str:
    """Return the name of the hidden input beside an input of this name."""
    return f"{name}-uploaded"


def get_choice_name(name: str) -> str:
    """Return the name of the text input in which an image is chosen."""
    return f"{name}-chosen"


def _describe(image: KeptImage | FieldFile, *, is_protected: bool = False) -> dict[str, Any]:
    """Return what the template shows; a broken reference or setting is shown in words.

    Of a file that the storage's fallback keeps, while a site moves, there is no more than it.
    """
    name = image.name or ""
    try:
        shown = {"preview": preview(image.storage, name, is_linked=True)}
        if require_rokka_storage(image.storage, keeps=name).find_fallback(name) is not None:
            return shown
        reference = ImageReference.parse(name)
        is_exposed = is_protected and not reference.is_protected
    except (RokkaError, ImproperlyConfigured) as error:
        return {"problem": str(error)}
    return {**shown, "reference": reference, "is_exposed": is_exposed}
