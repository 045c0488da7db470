"""The words that users read, in other languages than English."""

from __future__ import annotations

import ast
import gettext
from pathlib import Path

import pytest
from django.utils.translation import override

from django_rokka.forms import RokkaImageField

from tests.test_forms import UploadForm, an_upload, files

LOCALE = Path(__file__).parents[1] / "django_rokka" / "locale"


def read_source() -> dict[str, str]:
    """Return the translations of the text file; each of its texts is one line."""
    lines = (LOCALE / "de" / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8").splitlines()
    found, message = {}, ""
    for line in lines:
        word, _, text = line.partition(" ")
        if word == "msgid":
            message = ast.literal_eval(text)
        elif word == "msgstr" and message:
            found[message] = ast.literal_eval(text)
    return found


def test_german__has_all_texts_of_its_source() -> None:
    source = read_source()
    with (LOCALE / "de" / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert len(source) > 40
    assert [text for text in source.values() if not text] == []
    assert {message: compiled.gettext(message) for message in source} == source


@pytest.mark.parametrize("code", RokkaImageField.default_error_messages)
def test_german__has_all_errors_of_the_field(code: str) -> None:
    message = RokkaImageField.default_error_messages[code]
    english = str(message)
    with override("de"):
        assert str(message) != english


def test_form__speaks_german() -> None:
    with override("de"):
        form = UploadForm({}, files(image=an_upload(b"<html/>", "logo.svg")))
        (message,) = form.errors["image"]
    assert message == (
        "„logo.svg“ kann nicht als SVG angenommen werden: es ist ein Dokument mit <html>."
        " Exportieren Sie es noch einmal als einfache Zeichnung."
    )
