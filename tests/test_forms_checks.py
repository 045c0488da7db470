"""What a form says of a file before it travels: its size, its format, what an SVG holds."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile

from django_rokka.forms import RokkaImageField
from django_rokka.forms.formats import MEDIA_TYPES, detect_format
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.pages import find_elements
from tests.test_forms import an_upload, files

NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'
W3C = (
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"'
    ' "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
)


def form_of(field: RokkaImageField, file: SimpleUploadedFile) -> forms.Form:
    class OneForm(forms.Form):
        image = field

    return OneForm({}, files(image=file))


def message(field: RokkaImageField, data: bytes, name: str = "lake.jpg") -> Any:
    """Return the code and the words with which a file is refused before it travels."""
    with assert_no_rokka_calls():
        (error,) = form_of(field, an_upload(data, name)).errors.get_json_data()["image"]
    return error["code"], error["message"].replace("\xa0", " ")


# Size


@pytest.mark.usefixtures("rokka")
def test_size__up_to_the_limit_is_taken() -> None:
    data = pictures.jpeg()
    assert form_of(RokkaImageField(max_size=len(data)), an_upload(data)).is_valid()


def test_size__beyond_the_limit_is_refused_in_words() -> None:
    assert message(RokkaImageField(max_size=2000), pictures.png() + b"\0" * 4000) == (
        "max_size",
        (
            f"“lake.jpg” has {(len(pictures.png()) + 4000) / 1024:.1f} KB, at most 2.0 KB are"
            " allowed. Make it smaller, or choose another file."
        ),
    )


def test_size__that_rokka_does_not_take_is_refused_before_it_travels() -> None:
    upload = an_upload()
    upload.size = 1180 * 1024 * 1024 + 1
    with assert_no_rokka_calls():
        (message,) = form_of(RokkaImageField(), upload).errors["image"]
    assert "has 1,237,319,681 bytes, at most 1,237,319,680 bytes are allowed" in message


# Formats


def box(brand: bytes, *others: bytes) -> bytes:
    parts = b"".join([b"ftyp", brand, b"\0\0\0\0", *others])
    return (len(parts) + 4).to_bytes(4, "big") + parts


BEGINNINGS = [
    ("jpg", pictures.jpeg()),
    ("png", pictures.png()),
    ("gif", pictures.gif()),
    ("webp", pictures.webp()),
    ("avif", pictures.avif()),
    ("svg", pictures.svg()),
    ("svg", b"\xef\xbb\xbf  \n<!-- drawn --><svg/>"),
    ("svg", "\ufeff<svg/>".encode("utf-16-le")),
    ("", b"\0\0\0<moov\0\0"),
    ("heic", box(b"heic", b"mif1")),
    ("heic", box(b"mif1", b"heic")),
    ("avif", box(b"mif1", b"avif")),
    ("mov", box(b"qt  ")),
    ("mp4", box(b"isom", b"mp42")),
    ("tif", b"II*\0"),
    ("psd", b"8BPS\0\1"),
    ("pdf", b"%PDF-1.7"),
    ("eps", b"%!PS-Adobe"),
    ("jxl", b"\xff\x0a"),
    ("jp2", b"\0\0\0\x0cjP  \r\n\x87\n"),
    ("webm", b"\x1aE\xdf\xa3"),
    ("", b"Dear Sir or Madam"),
    ("", b""),
]


@pytest.mark.parametrize(("name", "data"), BEGINNINGS, ids=range(len(BEGINNINGS)))
def test_format__is_told_by_the_content(name: str, data: bytes) -> None:
    assert detect_format(data[:512]) == name


def test_formats__have_media_types() -> None:
    assert {name for name, _ in BEGINNINGS} - {""} == set(MEDIA_TYPES)


def test_format__that_is_not_allowed_is_refused_whatever_the_name() -> None:
    field = RokkaImageField(formats=["jpg", "png"])
    assert message(field, pictures.gif(), "logo.png") == (
        "invalid_format",
        (
            "“logo.png” is of the format GIF, allowed are: JPG, PNG. Convert it, or choose"
            " another file."
        ),
    )
    assert message(field, b"Dear Sir", "letter.jpg") == (
        "unknown_format",
        "“letter.jpg” is of an unknown format, allowed are: JPG, PNG. Choose another file.",
    )


@pytest.mark.usefixtures("rokka")
def test_format__that_is_allowed_is_taken_whatever_the_name() -> None:
    field = RokkaImageField(formats=["gif"])
    assert form_of(field, an_upload(pictures.gif(), "logo")).is_valid()


def test_formats__are_what_the_browser_offers() -> None:
    form = form_of(RokkaImageField(formats=["svg", "jpg"]), an_upload())
    (element,) = find_elements(str(form["image"]), "input")
    assert element["accept"] == "image/svg+xml,image/jpeg"


def test_formats__that_nobody_knows_are_an_error_of_the_code() -> None:
    with pytest.raises(ValueError, match="Unknown format 'jpeg', 'bmp', use some of: avif, eps"):
        RokkaImageField(formats=["jpeg", "png", "bmp"])


def test_words__are_those_the_field_was_given() -> None:
    own = {"invalid_format": "Only %(formats)s!", "max_size": "Too much", "invalid_svg": "Ugly"}
    assert message(RokkaImageField(formats=["jpg"], error_messages=own), pictures.gif())[1] == (
        "Only JPG!"
    )
    assert message(RokkaImageField(max_size=1, error_messages=own), pictures.gif())[1] == "Too much"
    assert message(RokkaImageField(error_messages=own), b"<html/>")[1] == "Ugly"


# SVG

BAD_SVG = {
    "bomb": (
        b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><svg>&b;</svg>',
        "it has a document type of its own",
    ),
    "file": (
        b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
        "it has a document type of its own",
    ),
    "foreign document type": (
        b'<!DOCTYPE svg SYSTEM "http://127.0.0.1:1/x.dtd"><svg/>',
        "it has a document type of its own",
    ),
    "parameter entity behind a good name": (
        W3C[:-1].encode() + b' [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x">%x;]><svg/>',
        "it has a document type of its own",
    ),
    "undeclared entity": (b"<svg>&x;</svg>", "it is not well-formed XML: undefined entity"),
    "not closed": (b"<svg><g></svg>", "it is not well-formed XML: mismatched tag"),
    "cut off": (pictures.svg()[:-4], "it is not well-formed XML"),
    "unknown encoding": (b'<?xml version="1.0" encoding="klingon"?><svg/>', "not well-formed"),
    "web page": (b"<html><body/></html>", "it is a document of <html>"),
    "script": (f"<svg {NAMESPACE}><script>alert(1)</script></svg>".encode(), "<script>"),
    "script with a prefix": (
        b'<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:script/></s:svg>',
        "<script>",
    ),
    "frame": (b'<svg><foreignObject><iframe srcdoc="x"/></foreignObject></svg>', "<iframe>"),
    "handler": (b'<svg onload="alert(1)"/>', "a script in the attribute onload"),
    "link": (b'<svg><a href="java\nscript:alert(1)"/></svg>', "a script in the attribute href"),
    "old link": (
        b'<svg xmlns:x="http://www.w3.org/1999/xlink"><a x:href=" JavaScript:alert(1)"/></svg>',
        "a script in the attribute href",
    ),
    "animated link": (
        b'<svg><a><animate attributeName="href" values="#;javascript:alert(1)"/></a></svg>',
        "a script in the attribute values",
    ),
    "far behind": (b" " * 600 + b'<svg onload="alert(1)"/>', "in the attribute onload"),
    "far behind a mark": (
        b"\xef\xbb\xbf" + b"\n" * 100_000 + b"<svg><script/></svg>",
        "<script>",
    ),
    "UTF-16 without a mark": ('<svg onload="alert(1)"/>'.encode("utf-16-be"), "attribute onload"),
    "encoding of several bytes": (
        b'<?xml version="1.0" encoding="Shift_JIS"?><svg/>',
        "it is not well-formed XML: ",
    ),
    "stylesheet": (b'<?xml-stylesheet href="#s"?><svg/>', "the instruction <?xml-stylesheet?>"),
    "depth": (b"<svg>" + b"<g>" * 256 + b"</g>" * 256 + b"</svg>", "it is nested too deeply"),
    "attributes": (
        b"<svg " + b" ".join(b'a%d=""' % n for n in range(257)) + b"/>",
        "it is nested too deeply, or has too many attributes",
    ),
    "UTF-16": (
        '\ufeff<svg onload="alert(1)"/>'.encode("utf-16-le"),
        "a script in the attribute onload",
    ),
}


@pytest.mark.parametrize("kind", BAD_SVG)
def test_svg__that_does_more_than_to_draw_is_refused(kind: str) -> None:
    data, words = BAD_SVG[kind]
    code, text = message(RokkaImageField(), data, "logo.svg")
    assert code == "invalid_svg"
    assert text.startswith("“logo.svg” is no SVG that can be taken: ")
    assert words in text
    assert text.endswith("Export it again as a plain drawing.")


@pytest.mark.parametrize(
    "data",
    [
        pictures.svg(),
        W3C.encode() + pictures.svg(),
        b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<!-- drawn -->' + pictures.svg(),
        pictures.svg().replace(b"<rect", b'<a href="https://example.org/?on=javascript"/><rect'),
        pictures.svg().replace(b"<rect", b"<style>rect { fill: red }</style><rect"),
        pictures.svg().replace(
            b"<rect", b'<metadata><?xpacket begin="" id="W5M0"?><?xpacket end="w"?></metadata><rect'
        ),
    ],
)
@pytest.mark.usefixtures("rokka")
def test_svg__that_draws_is_taken(data: bytes) -> None:
    form = form_of(RokkaImageField(), an_upload(data, "logo.svg", "image/svg+xml"))
    assert form.is_valid(), form.errors


def test_svg__that_would_fill_the_memory_is_refused_unread() -> None:
    upload = an_upload(pictures.svg(), "map.svg")
    upload.size = 16 * 1024 * 1024 + 1
    with assert_no_rokka_calls():
        (error,) = form_of(RokkaImageField(), upload).errors.get_json_data()["image"]
    assert error["code"] == "max_size"


@pytest.mark.usefixtures("rokka")
def test_svg__of_many_elements_that_are_not_deep_is_taken() -> None:
    data = pictures.svg().replace(b"<rect", b"<g><g/></g>" * 1000 + b"<rect")
    form = form_of(RokkaImageField(), an_upload(data, "wide.svg"))
    assert form.is_valid(), form.errors
