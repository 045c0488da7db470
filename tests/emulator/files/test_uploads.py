from __future__ import annotations

import io
import json
import re
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from werkzeug.exceptions import BadRequest

from django_rokka.emulator.files.fetching import fetch, name_of_url

from tests.emulator.api.members import make_member
from tests.emulator.conftest import Rokka
from tests.emulator.pictures import encode, halves, plain

PICTURE = encode(halves(30, 20))


class _Site(BaseHTTPRequestHandler):
    """A site with a picture, redirects, and what goes wrong with them."""

    def do_GET(self) -> None:
        # A proxy is asked with the whole URL.
        path, _, query = re.sub(r"^http://[^/]+", "", self.path).partition("?")
        if path == "/to":
            self.send_response(302)
            self.send_header("Location", query)
            self.end_headers()
        elif path == "/cut.png":
            self.send_response(200)
            self.send_header("Content-Length", str(len(PICTURE) + 1))
            self.end_headers()
            self.wfile.write(PICTURE)
        elif path.endswith(".png"):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(PICTURE)
        else:
            self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "*")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def import_urls(rokka: Rokka, *urls: str, **options: Any) -> Any:
    parts = {f"url[{number}]": (None, url) for number, url in enumerate(urls)}
    return rokka.api("POST", "/sourceimages/demo", files=parts, **options)


def is_nothing_stored(rokka: Rokka) -> bool:
    incoming = list((rokka.server.emulator.root / "incoming").iterdir())
    return not incoming and rokka.api("GET", "/sourceimages/demo").json()["total"] == 0


def test_import__is_the_same_image_as_the_file(rokka: Rokka, site: str) -> None:
    answer = import_urls(rokka, f"{site}/a%20lake.png?size=big")
    assert answer.status_code == 200, answer.text
    image = answer.json()["items"][0]
    assert image["name"] == "a lake.png"
    assert rokka.upload(PICTURE) == image


def test_import__follows_redirects(rokka: Rokka, site: str) -> None:
    assert import_urls(rokka, f"{site}/to?{site}/b.png").json()["total"] == 1


def test_import__gives_each_its_own_metadata(rokka: Rokka, site: str) -> None:
    answer = rokka.api(
        "POST",
        "/sourceimages/demo",
        files=[
            ("url[1]", (None, f"{site}/second.png")),
            ("url[0]", (None, f"{site}/first.png")),
        ],
        data={
            "meta_dynamic[0][version]": '{"text": "first"}',
            "meta_dynamic[1]": '{"version": {"text": "second"}}',
        },
    )
    found = {
        item["name"]: item["dynamic_metadata"]["version"]["text"] for item in answer.json()["items"]
    }
    assert found == {"second.png": "second", "first.png": "first"}


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("{site}/missing.jpg", "the answer is 404 Not Found"),
        ("{site}/to?file:///etc/hosts", "file:///etc/hosts"),
        ("{site}/to?ftp://127.0.0.1/a.png", "ftp"),
        ("{site}/to?{site}/to", "the answer is 302"),
        ("file:///etc/hosts", "only URLs with http or https"),
        ("ftp://127.0.0.1/a.png", "only URLs with http or https"),
        ("words", "only URLs with http or https"),
        ("", "only URLs with http or https"),
        ("http://[broken", "cannot be imported"),
        ("http://127.0.0.1:0/a.png", "cannot be imported"),
        ("http://127.0.0.1:x/a.png", "cannot be imported"),
        ("{site}/a missing ü.jpg", "the answer is 404 Not Found"),
    ],
)
def test_import__names_url_and_reason(rokka: Rokka, site: str, url: str, reason: str) -> None:
    url = url.format(site=site)
    answer = import_urls(rokka, f"{site}/good.png", url)
    message = answer.json()["error"]["message"]
    assert (answer.status_code, url[:200] in message, reason in message) == (400, True, True), (
        message
    )
    assert is_nothing_stored(rokka)


def test_import__refuses_what_is_cut_off(rokka: Rokka, site: str) -> None:
    answer = import_urls(rokka, f"{site}/cut.png")
    assert answer.status_code == 400
    reason = f"only {len(PICTURE)} of {len(PICTURE) + 1} bytes arrived"
    assert reason in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "url",
    [
        "{site}/a.png",
        "http://localhost/a.png",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://2130706433/",
    ],
)
def test_import__from_a_private_network_is_for_the_owner(rokka: Rokka, site: str, url: str) -> None:
    headers = make_member(rokka, "admin").headers
    answer = import_urls(rokka, url.format(site=site), headers=headers)
    assert answer.status_code == 400
    assert "is in a private network" in answer.json()["error"]["message"]


def test_import__is_not_redirected_into_a_private_network(
    rokka: Rokka, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", site)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    headers = make_member(rokka, "upload").headers
    url = "http://pictures.invalid/"
    assert import_urls(rokka, f"{url}a.png", headers=headers).status_code == 200
    answer = import_urls(rokka, f"{url}to?{site}/a.png", headers=headers)
    assert answer.status_code == 400
    assert "'127.0.0.1' is in a private network" in answer.json()["error"]["message"]


def test_import__has_a_limit(site: str) -> None:
    with pytest.raises(BadRequest, match="there are more than 10 bytes"):
        fetch(f"{site}/a.png", io.BytesIO(), maximum=10)


def test_import__has_a_deadline(site: str) -> None:
    with pytest.raises(BadRequest, match="it takes more than -1 seconds"):
        fetch(f"{site}/a.png", io.BytesIO(), deadline=-1)


def test_import__has_no_stills(rokka: Rokka, site: str) -> None:
    answer = import_urls(rokka, f"{site}/video.mp4@00:00:22")
    assert answer.status_code == 501
    assert "stills of videos" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://a/b/c.png", "c.png"),
        ("http://a/b/%2e%2e", "unnamed"),
        ("http://a/b%2f..%2fc.png", "c.png"),
        ("http://a", "unnamed"),
    ],
)
def test_name_of_url__is_its_last_part(url: str, name: str) -> None:
    assert name_of_url(url) == name


TIFF = encode(halves(30, 20), "tif")


@pytest.mark.parametrize(
    ("mode", "format"),
    [("true", "png"), ('"png"', "png"), ("jpg", "jpg"), ('"jpg"', "jpg"), ("false", "tif")],
)
def test_optimize__makes_another_format_of_a_tiff(rokka: Rokka, mode: str, format: str) -> None:
    plain_image = rokka.upload(TIFF, "a.tif", **{"meta_dynamic[0][version]": '{"text": "a"}'})
    image = rokka.upload(TIFF, "a.tif", optimize_source=mode)
    stored = rokka.api("GET", f"/sourceimages/demo/{image['hash']}/download").content
    assert image["binary_hash"] == plain_image["binary_hash"]
    assert (image["format"], image["size"]) == (format, len(stored))
    assert (
        image["mimetype"] == {"jpg": "image/jpeg", "png": "image/png", "tif": "image/tiff"}[format]
    )
    assert (stored == TIFF) is (format == "tif")
    with Image.open(io.BytesIO(stored)) as picture:
        assert picture.size == (30, 20)
    assert rokka.picture(f"/dynamic/noop/{image['hash']}.png").size == (30, 20)


def test_optimize__loses_no_pixel_as_png(rokka: Rokka) -> None:
    image = rokka.upload(TIFF, "a.tif", optimize_source="true")
    stored = rokka.api("GET", f"/sourceimages/demo/{image['hash']}/download").content
    with Image.open(io.BytesIO(stored)) as made, Image.open(io.BytesIO(TIFF)) as original:
        assert made.tobytes() == original.tobytes()


def test_optimize__makes_webp_of_what_is_not_opaque(rokka: Rokka) -> None:
    data = encode(plain(8, 8, (255, 0, 0)).bandjoin(128), "tif")
    assert rokka.upload(data, "a.tif", optimize_source="jpg")["format"] == "webp"


def test_optimize__writes_nowhere_but_below_the_root(
    rokka: Rokka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a killed process leaves elsewhere, nobody sweeps away.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    assert rokka.upload(TIFF, "a.tif", optimize_source="true")["format"] == "png"
    assert list((rokka.server.emulator.root / "incoming").iterdir()) == []


def test_optimize__refuses_a_broken_tiff(rokka: Rokka) -> None:
    data = bytearray(encode(halves(300, 200), "tif", compression="deflate"))
    data[8:40] = bytes(32)
    answer = rokka.post_file(bytes(data), "a.tif", optimize_source="true")
    assert answer.status_code == 400
    assert "cannot be optimized" in answer.json()["error"]["message"]
    assert is_nothing_stored(rokka)


def test_optimize__has_no_psd(rokka: Rokka) -> None:
    data = b"8BPS\0\1" + bytes(6) + b"\0\3" + (20).to_bytes(4, "big") + (30).to_bytes(4, "big")
    assert rokka.upload(data, "a.psd")["format"] == "psd"
    answer = rokka.post_file(data, "a.psd", optimize_source="true")
    assert answer.status_code == 501
    assert "optimize_source for PSD" in answer.json()["error"]["message"]


def test_optimize__keeps_other_formats(rokka: Rokka) -> None:
    image = rokka.upload(PICTURE, optimize_source="jpg")
    assert (image["format"], image["size"]) == ("png", len(PICTURE))


def test_optimize__survives_changes_of_the_hash(rokka: Rokka) -> None:
    image = rokka.upload(TIFF, "a.tif", optimize_source="true")
    path = f"/sourceimages/demo/{image['hash']}/meta/dynamic/version"
    made = rokka.api("PUT", path, json={"text": "two"}).json()
    stored = rokka.api("GET", f"/sourceimages/demo/{made['hash']}/download").content
    assert (made["format"], len(stored)) == ("png", made["size"])


def test_options__may_have_no_number(rokka: Rokka) -> None:
    image = rokka.upload(PICTURE, **{"options[]": '{"locked": true, "visual_binaryhash": true}'})
    assert image["locked"] is True


def test_part__may_have_no_name(rokka: Rokka) -> None:
    body = b"--x\r\nContent-Disposition: form-data\r\n\r\ntext\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = rokka.api("POST", "/sourceimages/demo", data=body, headers=headers)
    assert answer.status_code == 400
    assert "The request has no file" in answer.json()["error"]["message"]


def test_upload__describes_itself(rokka: Rokka) -> None:
    asked = json.dumps({"auto_description": {"languages": ["fr"], "force": True}})
    image = rokka.upload(PICTURE, "lac.png", **{"meta_static[0]": json.dumps(asked)})
    assert image["user_metadata"] == {"text:auto_description_fr": "Image lac.png, 30 × 20 pixels"}


def test_upload__with_null_takes_a_field_away(rokka: Rokka) -> None:
    rokka.upload(PICTURE, **{"meta_user[0]": '{"a": "1", "b": "2", "c": null}'})
    image = rokka.upload(PICTURE, **{"meta_user[0]": '{"a": null}'})
    assert image["user_metadata"] == {"b": "2"}


@pytest.mark.parametrize("name", ["focus", "version"])
def test_upload__checks_dynamic_metadata(rokka: Rokka, name: str) -> None:
    answer = rokka.post_file(PICTURE, **{f"meta_dynamic[0][{name}]": "{}"})
    assert answer.status_code == 400
    assert name in answer.json()["error"]["message"]
    assert is_nothing_stored(rokka)
