from __future__ import annotations

from pathlib import Path

import pytest

from django_rokka.emulator.files.formats import detect_format

from tests.emulator.pictures import SVG


def name_of(folder: Path, data: bytes) -> str | None:
    path = folder / "file"
    path.write_bytes(data)
    found = detect_format(path)
    return found.name if found else None


@pytest.mark.parametrize(
    "prologue",
    [
        b"",
        b"\xef\xbb\xbf \n",
        b"<?xml version='1.0'?>\n<?xml-stylesheet href='a>b'?>",
        b"<!-- <html> --> <!---->",
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">',
        b'<!DOCTYPE svg [<!ENTITY a "b">\n<!ENTITY c "d]"> ] >',
    ],
)
def test_detect__finds_an_svg_behind_what_xml_allows(tmp_path: Path, prologue: bytes) -> None:
    assert name_of(tmp_path, prologue + SVG) == "svg"


@pytest.mark.parametrize(
    "data",
    [
        b"<html><svg></svg></html>",
        b"<!-- <svg></svg>",
        b"<!-- --> words <svg></svg>",
        b"<!DOCTYPE svg [<svg></svg>",
        b"<svgdynamic/>",
    ],
)
def test_detect__takes_no_other_text_for_an_svg(tmp_path: Path, data: bytes) -> None:
    assert name_of(tmp_path, data) is None


@pytest.mark.parametrize(
    "piece", [b"<!---->", b"<??>", b"<!DOCTYPE>", b"<!DOCTYPE[]>", b"<!--", b"<!DOCTYPE[", b"] "]
)
def test_detect__takes_linear_time(tmp_path: Path, piece: bytes) -> None:
    # Trying the endings of each piece again with all others would take longer than anyone lives.
    assert name_of(tmp_path, piece * 10_000 + b"x") is None


def test_detect__finds_an_svg_behind_thousands_of_comments(tmp_path: Path) -> None:
    assert name_of(tmp_path, b"<!---->" * 9_000 + SVG) == "svg"
