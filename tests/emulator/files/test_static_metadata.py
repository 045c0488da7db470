"""What files say of themselves: each file is written here, by Pillow or byte by byte."""

from __future__ import annotations

import io
import struct
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from django_rokka.emulator.files.exif import read_exif
from django_rokka.emulator.files.iptc import read_iptc

from tests.emulator.conftest import Rokka

FIELDS = {
    "Make": "Canon",
    "Model": "EOS R5",
    "Orientation": 6,
    "Copyright": "Ada",
    "DateTimeOriginal": "2024:05:06 07:08:09",
    "ExposureTime": 0.008,
    "ISOSpeedRatings": 400,
    "GPSLatitudeRef": "N",
    "GPSLatitude": [47.0, 22.0, 48.5],
    "GPSLongitudeRef": "E",
    "GPSLongitude": [8.0, 31.0, 12.0],
}


def make_exif() -> Image.Exif:
    exif = Image.Exif()
    exif.update({0x010F: "Canon", 0x0110: "EOS R5", 0x0112: 6, 0x8298: "Ada"})
    exif.get_ifd(0x8769).update(
        {0x9003: "2024:05:06 07:08:09", 0x829A: 0.008, 0x8827: 400, 0x927C: b"maker's own" * 99}
    )
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 22.0, 48.5), 3: "E", 4: (8.0, 31.0, 12.0)})
    return exif


def save(format: str, **options: Any) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 10, 10)).save(target, format, **options)
    return target.getvalue()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_exif__is_told_of_every_picture(rokka: Rokka, format: str) -> None:
    image = rokka.upload(save(format, exif=make_exif().tobytes()), f"a.{format.lower()}")
    # Pillow turns an AVIF by a property of the file instead.
    turned = {"Orientation"} if format == "AVIF" else set()
    fields = {name: value for name, value in FIELDS.items() if name not in turned}
    assert image["static_metadata"] == {"exif": {"data": fields}}
    path = f"/sourceimages/demo/{image['hash']}"
    assert rokka.api("GET", path).json()["static_metadata"] == image["static_metadata"]
    listed = rokka.api("GET", "/sourceimages/demo").json()["items"][0]
    assert listed["static_metadata"] == image["static_metadata"]


def test_exif__of_a_tiff_has_no_places_in_the_file(rokka: Rokka) -> None:
    data = rokka.upload(save("TIFF", exif=make_exif()), "a.tif")["static_metadata"]["exif"]["data"]
    expected = ("Canon", "EOS R5", 40, 1)
    assert tuple(data[name] for name in ("Make", "Model", "ImageWidth", "Compression")) == expected
    assert not {"StripOffsets", "StripByteCounts", "ExifOffset", "GPSInfo"} & data.keys()


def test_exif__stays_when_the_file_becomes_another(rokka: Rokka) -> None:
    image = rokka.upload(save("TIFF", exif=make_exif()), "a.tif", optimize_source="true")
    assert (image["format"], image["static_metadata"]["exif"]["data"]["Make"]) == ("png", "Canon")


def test_static_metadata__is_of_all_images_of_a_file(rokka: Rokka) -> None:
    image = rokka.upload(save("JPEG", exif=make_exif().tobytes()), "a.jpg")
    path = f"/sourceimages/demo/{image['hash']}"
    made = rokka.api("PUT", f"{path}/meta/dynamic/version", json={"text": "2"}).json()
    assert made["static_metadata"] == image["static_metadata"]
    rokka.api("PUT", "/organizations/acme", json={"billing_email": "a@example.com"})
    rokka.api("COPY", path, headers={"Destination": "acme"})
    copied = rokka.api("GET", f"/sourceimages/acme/{image['hash']}").json()
    assert copied["static_metadata"] == image["static_metadata"]


def test_static_metadata__is_left_out_where_there_is_none(rokka: Rokka) -> None:
    assert "static_metadata" not in rokka.upload(save("PNG"), "a.png")
    assert "static_metadata" not in rokka.upload(save("GIF"), "a.gif")


def record(number: int, text: bytes) -> bytes:
    return struct.pack(">BBBH", 0x1C, 2, number, len(text)) + text


def test_iptc__is_told(rokka: Rokka) -> None:
    records = record(25, b"lake") + record(25, b"boat") + record(90, "Zürich".encode())
    block = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(records)) + records
    data = save("JPEG")
    segment = b"\xff\xed" + struct.pack(">H", len(block) + 2) + block
    image = rokka.upload(data[:2] + segment + data[2:], "a.jpg")
    expected = {"Keywords": ["lake", "boat"], "City": "Zürich"}
    assert image["static_metadata"]["iptc"] == {"data": expected}


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


@pytest.mark.parametrize(
    "header",
    [
        struct.pack(">IIIII", 0, 0, 0, 1000, 79_340),
        struct.pack(">IQQIQ", 1 << 24, 0, 0, 100, 7934),
    ],
)
def test_video__tells_how_long_it_is(rokka: Rokka, header: bytes) -> None:
    data = box(b"ftyp", b"isom\0\0\0\0isom") + box(b"moov", box(b"mvhd", header))
    image = rokka.upload(data, "a.mp4")
    assert image["static_metadata"]["video"]["data"] == {
        "hours": "00",
        "mins": "01",
        "secs": "19",
        "ms": "34",
        "duration": "00:01:19.34",
        "bitrate_per_sec": round(len(data) * 8 / 79.34),
    }


@pytest.mark.parametrize(
    "header",
    [b"", struct.pack(">IIIII", 0, 0, 0, 0, 9), struct.pack(">IIIII", 0, 0, 0, 1, 2**32 - 1)],
)
def test_video__may_not_tell(rokka: Rokka, header: bytes) -> None:
    data = box(b"ftyp", b"isom\0\0\0\0isom") + box(b"moov", box(b"mvhd", header))
    assert "static_metadata" not in rokka.upload(data, "a.mp4")


def directory(*entries: tuple[int, int, int, int]) -> bytes:
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MM",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0\x2b\0\0\0\x08",
        # Places outside, counts without end, no denominator, and a directory in itself.
        directory((0x010F, 2, 999, 0xFFFFFFFF)),
        directory((0x010F, 3, 0xFFFFFFFF, 8)),
        directory((0x010F, 3, 0, 8)),
        directory((0x010F, 77, 1, 8)),
        directory((0x011A, 5, 1, 22)) + bytes(8),
        directory((0x8769, 4, 1, 8)),
        directory((0x8825, 4, 1, 8)),
        directory((0xFFFF, 3, 1, 8)),
    ],
)
def test_exif__believes_nothing(data: bytes) -> None:
    assert read_exif(io.BytesIO(data)) == {}


def test_exif__has_an_end() -> None:
    texts = directory(*[(0x010F, 2, 0xFFFFFFF, 8)] * 300) + b"a" * 9999
    assert len(read_exif(io.BytesIO(texts))["Make"]) <= 1000
    late = directory(*[(0xFFFF, 3, 1, 8)] * 200, (0x0112, 3, 1, 6))
    assert read_exif(io.BytesIO(late)) == {}


@given(st.binary(max_size=300), st.sampled_from([b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"]))
def test_exif__takes_any_bytes(data: bytes, head: bytes) -> None:
    read_exif(io.BytesIO(head + data))


@given(st.binary(max_size=300), st.sampled_from([b"", b"8BIM\x04\x04\0\0\0\0\0\0\x1c\x02"]))
def test_iptc__takes_any_bytes(data: bytes, head: bytes) -> None:
    read_iptc(head + data)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=20))
def test_upload__takes_any_exif(shared_rokka: Rokka, changes: list[tuple[int, int]]) -> None:
    block = bytearray(make_exif().tobytes()[6:])
    for place, value in changes:
        block[place % len(block)] = value
    answer = shared_rokka.post_file(save("JPEG", exif=b"Exif\0\0" + bytes(block)), "a.jpg")
    assert answer.status_code in {200, 400}, answer.text
