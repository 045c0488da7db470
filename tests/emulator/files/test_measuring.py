from __future__ import annotations

import io
import struct
import sys
from pathlib import Path

import pytest
from PIL import Image

from django_rokka.emulator.files.measuring import UnreadableFile, measure

from tests.emulator.pictures import SVG, animation, encode, halves, plain, png_with_header


def box(name: bytes, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return struct.pack(">I4s", len(content) + 8, name) + content


def video(width: int, height: int) -> bytes:
    header = b"\0" * 76 + struct.pack(">II", width << 16, height << 16)
    sound = b"\0" * 84
    tracks = (box(b"trak", box(b"tkhd", data)) for data in (sound, header))
    return (
        box(b"ftyp", b"mp42", b"\0\0\0\0", b"isom")
        + box(b"mdat", b"\0" * 100)
        + box(b"moov", box(b"mvhd", b"\0" * 100), *tracks)
    )


FILES = {
    "jpg": (encode(halves(30, 20), "jpg"), "image/jpeg", (30, 20), True, False),
    "png": (encode(plain(30, 20, (1, 2, 3, 4))), "image/png", (30, 20), False, False),
    "gif": (animation("GIF"), "image/gif", (60, 40), None, True),
    "webp": (animation("WEBP"), "image/webp", (60, 40), True, True),
    "avif": (encode(halves(30, 20), "avif"), "image/avif", (30, 20), True, False),
    "tif": (encode(halves(30, 20), "tif"), "image/tiff", (30, 20), True, False),
    "svg": (SVG, "image/svg+xml", (60, 40), False, False),
}
WITHOUT_LIBVIPS = {
    "psd": (
        b"8BPS\0\1" + b"\0" * 6 + struct.pack(">HII", 3, 20, 30) + b"\0" * 20,
        "image/vnd.adobe.photoshop",
        (30, 20),
    ),
    "mp4": (video(640, 360), "video/mp4", (640, 360)),
    "mov": (box(b"ftyp", b"qt  ", b"\0\0\0\0"), "video/quicktime", (0, 0)),
    "heic": (
        box(b"ftyp", b"heic", b"\0\0\0\0", b"mif1")
        + box(b"meta", box(b"ispe", struct.pack(">III", 0, 64, 48)))
        + box(b"ispe", struct.pack(">III", 0, 4000, 3000)),
        "image/heic",
        (4000, 3000),
    ),
    "jp2": (
        b"\0\0\0\x0cjP  \r\n\x87\n" + box(b"ihdr", struct.pack(">II", 20, 30), b"\0" * 6),
        "image/jp2",
        (30, 20),
    ),
    "pdf": (b"%PDF-1.7\n", "application/pdf", (0, 0)),
    "eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "application/postscript", (0, 0)),
    "jxl": (b"\xff\x0a" + b"\0" * 9, "image/jxl", (0, 0)),
    "ttf": (b"\0\1\0\0\0\x0c", "font/ttf", (0, 0)),
    "webm": (b"\x1aE\xdf\xa3\1", "video/webm", (0, 0)),
}


def write(folder: Path, data: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", FILES)
def test_measure__reads_pictures(tmp_path: Path, name: str) -> None:
    data, mimetype, size, opaque, animated = FILES[name]
    found = measure(write(tmp_path, data))
    assert (found.format.name, found.format.mimetype) == (name, mimetype)
    assert ((found.width, found.height), found.animated) == (size, animated)
    assert opaque in {None, found.opaque}


@pytest.mark.parametrize("name", FILES)
def test_measure__reads_pictures_without_pyvips(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyvips", None)
    data, mimetype, size, opaque, animated = FILES[name]
    found = measure(write(tmp_path, data))
    assert (found.format.name, found.format.mimetype) == (name, mimetype)
    assert ((found.width, found.height), found.animated) == (size, animated)
    assert opaque in {None, found.opaque}


@pytest.mark.parametrize("name", WITHOUT_LIBVIPS)
def test_measure__knows_what_is_only_stored(tmp_path: Path, name: str) -> None:
    data, mimetype, size = WITHOUT_LIBVIPS[name]
    found = measure(write(tmp_path, data))
    assert (found.format.name, found.format.mimetype) == (name, mimetype)
    assert (found.width, found.height) == size


@pytest.mark.parametrize(
    "head",
    [
        '<?xml version="1.0"?>\n<!-- a drawing -->\n',
        '\ufeff<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">',
    ],
)
def test_measure__finds_the_root_of_an_svg(tmp_path: Path, head: str) -> None:
    assert measure(write(tmp_path, head.encode() + SVG)).format.name == "svg"


@pytest.mark.parametrize("absent", ["pyvips", "nothing"])
def test_measure__applies_the_orientation(
    tmp_path: Path, absent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, absent, None)
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.new("RGB", (60, 40)).save(file, "JPEG", exif=exif)
    found = measure(write(tmp_path, file.getvalue()))
    assert (found.width, found.height) == (40, 60)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The file is empty."),
        (b"words", "no image, video or font that rokka takes"),
        (b"<html><svg></svg></html>", "no image, video or font that rokka takes"),
        (b"\xff\xd8\xff\xe0", "The file is a broken jpg"),
        (b"\x89PNG\r\n\x1a\nwords", "The file is a broken png"),
        (png_with_header(60_000, 60_000), "has 60000 x 60000 pixels, which is more than 225"),
        (
            b'<svg xmlns="http://www.w3.org/2000/svg" width="90000" height="90000"/>',
            "more than 225 megapixels",
        ),
        (
            b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            + SVG.replace(b"</svg>", b"<text>&x;</text></svg>"),
            "The file is a broken svg",
        ),
    ],
)
def test_measure__refuses_with_the_reason(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        measure(write(tmp_path, data))


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\nwords", png_with_header(60_000, 60_000)])
def test_measure__refuses_without_pyvips_too(
    tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyvips", None)
    with pytest.raises(UnreadableFile):
        measure(write(tmp_path, data))


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="60px" height=".6e"', (60, 0)),
        ('width="1.2.3" height="5"', (0, 5)),
        ('width="100%" height="2em" viewBox="0 0 30 20"', (30, 20)),
        ('width="1.2.3" viewBox="-5,-5,30.4,20."', (30, 20)),
        ('stroke-width="9" viewBox="0 0 1.2.3 5"', (0, 5)),
        ('viewBox="0 0"', (0, 0)),
        (f'width="{"9" * 400}" height="10000000000"', (0, 0)),
        ("", (0, 0)),
    ],
)
def test_measure__counts_unreadable_lengths_as_unknown_without_pyvips(
    tmp_path: Path, attributes: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyvips", None)
    found = measure(write(tmp_path, f"<svg {attributes}></svg>".encode()))
    assert (found.format.name, found.width, found.height) == ("svg", *size)
