from __future__ import annotations

from typing import Any

import pytest
import pyvips

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import BLUE, GREEN, RED, decode, encode, is_close, pixel, plain

DRAWING = (
    b'<?xml version="1.0"?><!-- two halves --><svg id="root" width="60" height="40"'
    b' viewBox="0 0 60 40" xmlns="http://www.w3.org/2000/svg"'
    b' xmlns:xlink="http://www.w3.org/1999/xlink">'
    b'<rect id="left" width="30" height="40" fill="#f00"/>'
    b'<rect id="right" x="30" width="30" height="40" fill="#f00"/>'
    b'<text id="words" y="90">a &lt; b</text><use id="again" xlink:href="#left" x="99"/></svg>'
)


def put_changes(rokka: Rokka, *changes: Any) -> int:
    operation = {"name": "svgdynamic", "options": {"changes": list(changes)}}
    return rokka.put_stack("changing", [operation], overwrite="true").status_code


def change(identity: str, attribute: str, value: Any) -> dict[str, Any]:
    return {"id": identity, "attr": attribute, "value": value}


def test_svgdynamic__changes_what_is_drawn(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(DRAWING, "a.svg")["hash"]
    put_changes(
        shared_rokka, change("right", "fill", "#0000ff"), change("nowhere", "fill", "#008000")
    )
    picture = shared_rokka.picture(f"/changing/{digest}.png")
    assert picture.size == (60, 40)
    assert (pixel(picture, 0.2, 0.5), pixel(picture, 0.8, 0.5)) == (RED, BLUE)


def test_svgdynamic__stays_svg(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(DRAWING, "a.svg")["hash"]
    put_changes(shared_rokka, change("right", "fill", "#0000ff"), change("root", "opacity", 1))
    answer = shared_rokka.render(f"/changing/{digest}.svg")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    content = answer.content
    assert b'fill="#0000ff"' in content
    assert b'opacity="1"' in content
    assert b">a &lt; b</text>" in content
    assert b'xlink:href="#left"' in content
    drawn = decode(pyvips.Image.svgload_buffer(content).write_to_buffer(".png"))
    assert is_close(pixel(drawn, 0.8, 0.5), BLUE)


def test_svgdynamic__computes_values(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(DRAWING, "a.svg")["hash"]
    stack = {
        "operations": [
            {
                "name": "svgdynamic",
                "options": {"changes": [change("left", "fill", "#008000")]},
                "expressions": [
                    change("right", "fill", "'#' ~ $color"),
                    change("right", "x", "$half * 2"),
                ],
            }
        ],
        "variables": {"color": "ff0000", "half": 15},
    }
    shared_rokka.put_stack("computing", stack)
    picture = shared_rokka.picture(f"/computing/v-color-0000ff-half-20/{digest}.png")
    assert [pixel(picture, x, 0.5) for x in (0.2, 0.6, 0.8)][::2] == [GREEN, BLUE]
    assert picture.convert("RGBA").getpixel((35, 20)) == (0, 0, 0, 0)


def test_svgdynamic__changes_the_size(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(DRAWING, "a.svg")["hash"]
    put_changes(shared_rokka, change("root", "width", "120"), change("root", "height", 20))
    assert shared_rokka.picture(f"/changing/{digest}.png").size == (120, 20)


def test_svgdynamic__is_drawn_at_the_size_of_a_resize(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(DRAWING, "a.svg")["hash"]
    stack = [
        {"name": "svgdynamic", "options": {"changes": [change("right", "fill", "blue")]}},
        {"name": "svg2bitmap"},
        {"name": "resize", "options": {"width": 600}},
    ]
    shared_rokka.put_stack("large", stack)
    picture = shared_rokka.picture(f"/large/{digest}.png").convert("RGB")
    # A drawing of 60 pixels blown up tenfold would mix colours here.
    assert (picture.getpixel((299, 9)), picture.getpixel((300, 9))) == (RED, BLUE)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("onload", "alert(1)"),
        ("ONCLICK", "alert(1)"),
        ("ev:onclick", "alert(1)"),
        ("href", "javascript:alert(1)"),
        ("xlink:href", " java\tscript:alert(1)"),
        ("to", "JavaScript:alert(1)"),
        ("to", "java\tscript:alert(1)"),
        ("href", "https://example.com/a.svg"),
        ("xlink:href", "file:///etc/passwd"),
        ("href", "../other.svg#id"),
        ("href", "data:text/html,<script>"),
        ("href", "data:image/svg+xml;base64,AAAA"),
        ("srcdoc", "<script>"),
        ("xmlns", "http://www.w3.org/1999/xhtml"),
        ("xmlns:xlink", "x"),
        ("a b", "1"),
        ('fill="x" onload', "1"),
        ("", "1"),
        ("fill", "\0"),
    ],
)
def test_svgdynamic__refuses_what_runs_or_fetches(
    shared_rokka: Rokka, attribute: str, value: str
) -> None:
    digest = shared_rokka.upload(DRAWING, "a.svg")["hash"]
    put_changes(shared_rokka, change("left", attribute, value))
    for extension in ("svg", "png"):
        assert shared_rokka.render(f"/changing/{digest}.{extension}").status_code == 400


def test_svgdynamic__writes_values_as_values(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(DRAWING, "a.svg")["hash"]
    value = "\"'><script>alert(1)</script>&x;\n"
    put_changes(shared_rokka, change("left", "class", value), change("again", "href", "#right"))
    content = shared_rokka.render(f"/changing/{digest}.svg").text
    assert "<script" not in content
    assert 'href="#right"' in content


@pytest.mark.parametrize("changes", [["x"], [{"id": "left"}], [3], [None]])
def test_svgdynamic__refuses_other_changes(shared_rokka: Rokka, changes: list[Any]) -> None:
    digest = shared_rokka.upload(DRAWING, "a.svg")["hash"]
    if put_changes(shared_rokka, *changes) != 400:
        assert shared_rokka.render(f"/changing/{digest}.png").status_code == 400


@pytest.mark.parametrize("changes", ["x", 3, {"id": "left"}])
def test_svgdynamic__takes_a_list(shared_rokka: Rokka, changes: Any) -> None:
    digest = shared_rokka.upload(DRAWING, "a.svg")["hash"]
    operation = {"name": "svgdynamic", "options": {"changes": changes}}
    stored = shared_rokka.put_stack("changing", [operation], overwrite="true")
    if stored.status_code != 400:
        assert shared_rokka.render(f"/changing/{digest}.png").status_code == 400


@pytest.mark.parametrize(
    ("entity", "words"), [(b'"aaaaaaaaaa"', b"&a;"), (b'SYSTEM "file:///etc/passwd"', b"a")]
)
def test_svgdynamic__reads_no_entities(shared_rokka: Rokka, entity: bytes, words: bytes) -> None:
    drawing = (
        b"<!DOCTYPE svg [<!ENTITY a " + entity + b">]>"
        b'<svg xmlns="http://www.w3.org/2000/svg" width="6" height="4"><text>'
        + words
        + b"</text></svg>"
    )
    digest = shared_rokka.upload(drawing, "a.svg")["hash"]
    put_changes(shared_rokka, change("left", "fill", "red"))
    for extension in ("svg", "png"):
        assert shared_rokka.render(f"/changing/{digest}.{extension}").status_code == 422


def test_svgdynamic__is_for_drawings(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(encode(plain(6, 4, RED)))["hash"]
    put_changes(shared_rokka, change("left", "fill", "red"))
    assert shared_rokka.render(f"/changing/{digest}.png").status_code == 400


@pytest.mark.parametrize("format", ["png", "webp"])
def test_svg2bitmap__draws(shared_rokka: Rokka, format: str) -> None:
    digest = shared_rokka.upload(DRAWING, "a.svg")["hash"]
    path = f"/dynamic/svg2bitmap--resize-width-600/{digest}.{format}"
    assert shared_rokka.picture(path).size == (600, 400)
