from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.emulator.conftest import Clock, Rokka
from tests.emulator.pictures import RED, SVG, encode, halves, plain

ORIGINALS = {
    "jpg": encode(halves(30, 20), "jpg"),
    "png": encode(halves(30, 20), "png"),
    "gif": encode(halves(30, 20), "gif"),
    "webp": encode(halves(30, 20), "webp"),
    "avif": encode(halves(30, 20), "avif"),
    "svg": SVG,
}


DAY = 86_400
UNKNOWN = "0" * 40
ENDPOINTS = [
    *("GET ", "POST ", "DELETE ?binaryHash=0", "GET /download", "POST /copy"),
    "GET /binaryhash/abcdef",
    *(
        f"{method} /{UNKNOWN}{rest}"
        for method, rest in (
            *(("GET", ""), ("DELETE", ""), ("COPY", ""), ("POST", "/copy"), ("POST", "/restore")),
            *(("GET", "/download"), ("PUT", "/name"), ("PUT", "/options/protected")),
            *(("PUT", "/options/locked"), ("POST", "/autolabel"), ("POST", "/autodescription")),
            *(("DELETE", "/cache"), ("PUT", "/meta/dynamic/version")),
            *(("DELETE", "/meta/dynamic/version"), ("GET", "/meta/user"), ("PUT", "/meta/user")),
            *(("PATCH", "/meta/user"), ("DELETE", "/meta/user"), ("GET", "/meta/user/foo")),
            *(("PUT", "/meta/user/foo"), ("DELETE", "/meta/user/foo")),
        )
    ),
]
BODIES = {"name": '"a.png"', "protected": "true", "locked": "true", "version": '{"text": "a"}'}


def test_upload__answers_with_rokkas_object(rokka: Rokka) -> None:
    data = encode(halves(30, 20), keep="none")
    binary_hash = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    image_hash = hashlib.sha1(f"{binary_hash}a:0:{{}}".encode(), usedforsecurity=False).hexdigest()
    assert rokka.post_file(data, "beach.png").json() == {
        "total": 1,
        "items": [
            {
                "hash": image_hash,
                "short_hash": image_hash[:6],
                "binary_hash": binary_hash,
                "created": "2026-03-01T12:00:00+00:00",
                "name": "beach.png",
                "mimetype": "image/png",
                "format": "png",
                "size": len(data),
                "width": 30,
                "height": 20,
                "organization": "demo",
                "link": f"/sourceimages/demo/{image_hash}",
                "opaque": True,
                "animated": False,
                "protected": False,
                "locked": False,
            }
        ],
    }


@pytest.mark.parametrize("format", ORIGINALS)
def test_download__gives_back_the_same_bytes(rokka: Rokka, format: str) -> None:
    data = ORIGINALS[format]
    image = rokka.upload(data, "any-name")
    response = rokka.api("GET", f"/sourceimages/demo/{image['hash']}/download")
    assert (image["format"], response.content) == (format, data)
    assert response.headers["Content-Length"] == str(len(data))


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("beach.png", 'attachment; filename="beach.png"'),
        ("../../x.png", 'attachment; filename="x.png"'),
        ("sée.png", "attachment; filename*=UTF-8''s%C3%A9e.png; filename=\"s_e.png\""),
    ],
)
def test_download__names_the_file(rokka: Rokka, name: str, disposition: str) -> None:
    image = rokka.upload(encode(halves(30, 20)), name)
    response = rokka.api("GET", f"/sourceimages/demo/{image['hash']}/download")
    assert response.headers["Content-Disposition"] == disposition


def test_upload__of_the_same_bytes_is_the_same_image(rokka: Rokka) -> None:
    data = encode(halves(30, 20))
    first, second = rokka.upload(data, "a.png"), rokka.upload(data, "b.png")
    assert second == first
    assert rokka.api("GET", "/sourceimages/demo").json()["total"] == 1


def test_upload__takes_any_number_of_files_under_any_field(rokka: Rokka) -> None:
    parts = [
        ("f", ("red.png", encode(plain(9, 9, RED)))),
        ("file[]", ("halves.png", encode(halves(30, 20)))),
    ]
    fields = {"meta_user[1]": json.dumps({"place": "lake"})}
    response = rokka.api("POST", "/sourceimages/demo", files=parts, data=fields)
    items = response.json()["items"]
    assert [item["name"] for item in items] == ["red.png", "halves.png"]
    assert [item.get("user_metadata") for item in items] == [None, {"place": "lake"}]


@pytest.mark.parametrize("encode_json", [json.dumps, lambda data: json.dumps(json.dumps(data))])
def test_upload__takes_metadata_encoded_once_or_twice(rokka: Rokka, encode_json: Any) -> None:
    area = {"x": 1, "y": 2, "width": 3, "height": 4}
    image = rokka.upload(
        encode(halves(30, 20)),
        **{
            "meta_user[0]": encode_json({"foo": "bar"}),
            "meta_dynamic[0]": encode_json({"subject_area": area}),
            "options[0]": encode_json({"protected": True}),
        },
    )
    assert image["user_metadata"] == {"foo": "bar"}
    assert image["dynamic_metadata"] == {"subject_area": area}
    assert image["protected"] is True


def test_upload__reads_one_dynamic_metadata_by_name(rokka: Rokka) -> None:
    image = rokka.upload(
        encode(halves(30, 20)), **{"meta_dynamic[0][version]": json.dumps({"text": "two"})}
    )
    assert image["dynamic_metadata"] == {"version": {"text": "two"}}


def test_upload__with_other_dynamic_metadata_or_protection_is_another_image(rokka: Rokka) -> None:
    data = encode(halves(30, 20))
    images = [
        rokka.upload(data),
        rokka.upload(data, **{"meta_dynamic[0][version]": '{"text": "a"}'}),
        rokka.upload(data, **{"meta_dynamic[0][version]": '{"text": "b"}'}),
        rokka.upload(data, **{"options[]": '{"protected": true}'}),
    ]
    assert len({image["hash"] for image in images}) == 4
    assert len({image["binary_hash"] for image in images}) == 1


def test_upload__merges_user_metadata_of_a_known_image(rokka: Rokka) -> None:
    data = encode(halves(30, 20))
    rokka.upload(data, **{"meta_user[0]": '{"a": "1", "b": "1"}'})
    image = rokka.upload(data, **{"meta_user[0]": '{"b": "2"}'})
    assert image["user_metadata"] == {"a": "1", "b": "2"}


def test_upload__refuses_bad_field_names(rokka: Rokka) -> None:
    response = rokka.post_file(encode(halves(30, 20)), **{"meta_user[0]": '{"AltText": "x"}'})
    message = (
        'Field name "AltText" is not valid. Use alphanumeric lowercase characters only,'
        " max length: 54 chars"
    )
    assert response.status_code == 400
    assert response.json() == {"error": {"code": 400, "message": message}}


@pytest.mark.parametrize("data", [b"", b"just some words, called picture.jpg"])
def test_upload__refuses_what_is_no_image(rokka: Rokka, data: bytes) -> None:
    response = rokka.post_file(data, "picture.jpg")
    assert response.status_code == 400
    assert "'picture.jpg' cannot be stored." in response.json()["error"]["message"]
    assert rokka.api("GET", "/sourceimages/demo").json()["total"] == 0


def test_upload__without_a_file_says_what_to_send(rokka: Rokka) -> None:
    response = rokka.api("POST", "/sourceimages/demo", files={"text": (None, "no file")})
    assert response.status_code == 400
    assert "Send multipart/form-data" in response.json()["error"]["message"]


def test_upload__leaves_no_file_behind_when_refused(rokka: Rokka) -> None:
    rokka.post_file(b"words")
    rokka.upload(encode(halves(30, 20)))
    assert list((rokka.server.emulator.root / "incoming").iterdir()) == []


def test_read__takes_the_short_hash(rokka: Rokka) -> None:
    image = rokka.upload(encode(halves(30, 20)))
    response = rokka.api("GET", f"/sourceimages/demo/{image['short_hash']}")
    assert response.json() == image


def test_read__of_an_unknown_hash_is_404(rokka: Rokka) -> None:
    response = rokka.api("GET", f"/sourceimages/demo/{'0' * 40}")
    assert response.status_code == 404
    assert "No source image found" in response.json()["error"]["message"]


def test_delete__hides_the_image_and_a_new_upload_brings_it_back(rokka: Rokka) -> None:
    data = encode(halves(30, 20))
    path = f"/sourceimages/demo/{rokka.upload(data)['hash']}"
    assert (rokka.api("DELETE", path).status_code, rokka.api("GET", path).status_code) == (204, 404)
    assert rokka.api("DELETE", path).status_code == 404
    assert rokka.api("GET", f"{path}?deleted=true").json()["deleted"] is True
    rokka.upload(data)
    assert rokka.api("GET", path).status_code == 200


@pytest.mark.parametrize(
    "area",
    [
        *('"left"', '{"x": "left"}', '{"x": true}', '{"y": null}'),
        *(
            '{"x": NaN}',
            '{"x": 1e400}',
            '{"x": -Infinity}',
            f'{{"x": {"9" * 400}}}',
            '{"x": 1e308}',
        ),
    ],
)
def test_upload__refuses_a_subject_area_without_numbers(rokka: Rokka, area: str) -> None:
    fields = {"meta_dynamic[0][subject_area]": area}
    assert rokka.post_file(encode(halves(30, 20)), **fields).status_code == 400


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"meta_user[0]": "words"}, 400, "meta_user[0] is 'words', must be a JSON object."),
        ({"optimize_source": "gif"}, 400, "optimize_source is 'gif', must be true, jpg or png."),
        ({"meta_static[0]": '{"colours": {}}'}, 400, "auto_description"),
        ({"meta_static[0]": '{"auto_description": {}}'}, 400, "languages is null"),
        ({"options[0]": '{"shiny": true}'}, 400, "Unknown option 'shiny'"),
        ({"options[0]": '{"visual_binaryhash": true}'}, 200, ""),
        ({"fileName": "needless"}, 200, ""),
    ],
)
def test_upload__reads_its_other_parts(
    rokka: Rokka, fields: dict[str, str], status: int, message: str
) -> None:
    response = rokka.post_file(encode(halves(30, 20)), **fields)
    assert response.status_code == status
    assert message in response.text


def test_upload__takes_the_largest_subject_area_and_renders_it(rokka: Rokka) -> None:
    area = {"x": 1e9, "y": -1e9, "width": 1e9, "height": 1e9, "percentage": True}
    fields = {"meta_dynamic[0][subject_area]": json.dumps(area)}
    digest = rokka.upload(encode(halves(30, 20)), **fields)["hash"]
    assert rokka.picture(f"/dynamic/crop-width-5-height-5/{digest}.png").size == (5, 5)


@pytest.mark.parametrize("value", [r'"\ud800"', "NaN", "1e400"])
def test_upload__refuses_metadata_that_no_answer_could_carry(rokka: Rokka, value: str) -> None:
    response = rokka.post_file(encode(halves(30, 20)), **{"meta_user[0]": f'{{"a": {value}}}'})
    assert response.status_code == 400
    assert "must be a JSON object" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("value", "is_protected"),
    [
        *(("true", True), ('"true"', True), ("1", True)),
        *(("false", False), ('"false"', False), ("0", False)),
    ],
)
def test_upload__reads_whether_it_is_protected(
    rokka: Rokka,
    value: str,
    is_protected: bool,  # noqa: FBT001  # a table
) -> None:
    image = rokka.upload(encode(halves(30, 20)), **{"options[0]": f'{{"protected": {value}}}'})
    assert image["protected"] is is_protected


@pytest.mark.parametrize("value", ['"no"', "2", "null", "[]", "{}", '""'])
def test_upload__refuses_what_may_or_may_not_be_protected(rokka: Rokka, value: str) -> None:
    data = encode(halves(30, 20))
    response = rokka.post_file(data, **{"options[0]": f'{{"protected": {value}}}'})
    assert response.status_code == 400
    assert "must be true or false" in response.json()["error"]["message"]
    assert rokka.api("GET", "/sourceimages/demo").json()["total"] == 0


def test_upload__takes_two_dots_for_no_name(rokka: Rokka) -> None:
    assert rokka.upload(encode(halves(30, 20)), "..")["name"] == "unnamed"


def test_rename__keeps_the_hash(rokka: Rokka) -> None:
    image = rokka.upload(encode(halves(30, 20)))
    path = f"/sourceimages/demo/{image['hash']}"
    response = rokka.api("PUT", f"{path}/name", json="new name.jpg")
    assert (response.status_code, response.content) == (204, b"")
    assert rokka.api("GET", path).json() == {**image, "name": "new name.jpg"}


@pytest.mark.parametrize("body", ["", "12", "{}", '" "'])
def test_rename__refuses_what_is_no_name(rokka: Rokka, body: str) -> None:
    image = rokka.upload(encode(halves(30, 20)))
    response = rokka.api("PUT", f"/sourceimages/demo/{image['hash']}/name", data=body)
    assert response.status_code == 400
    assert "must be a JSON string" in response.json()["error"]["message"]


def test_restore__brings_metadata_back_within_thirty_days(rokka: Rokka, clock: Clock) -> None:
    image = rokka.upload(encode(halves(30, 20)), **{"meta_user[0]": '{"foo": "bar"}'})
    path = f"/sourceimages/demo/{image['hash']}"
    rokka.api("DELETE", path)
    clock.advance(29 * DAY)
    response = rokka.api("POST", f"{path}/restore")
    del image["link"]
    assert (response.status_code, response.json()) == (200, {**image, "deleted": False})
    assert rokka.api("POST", f"{path}/restore").json() == response.json()
    assert rokka.api("GET", path).status_code == 200


def test_restore__ends_after_thirty_days(rokka: Rokka, clock: Clock) -> None:
    path = f"/sourceimages/demo/{rokka.upload(encode(halves(30, 20)))['hash']}"
    rokka.api("DELETE", path)
    clock.advance(31 * DAY)
    for response in (
        rokka.api("POST", f"{path}/restore"),
        rokka.api("GET", f"{path}?deleted=true"),
    ):
        assert response.status_code == 404
        assert "No source image found" in response.json()["error"]["message"]
    assert rokka.api("GET", "/sourceimages/demo?deleted=true").json()["total"] == 0


def test_delete__by_binary_takes_all_its_images(rokka: Rokka) -> None:
    data = encode(halves(30, 20))
    image = rokka.upload(data)
    rokka.upload(data, **{"meta_dynamic[0][version]": '{"text": "two"}'})
    other = rokka.upload(encode(halves(10, 10)))
    path = f"/sourceimages/demo?binaryHash={image['binary_hash']}"
    assert rokka.api("DELETE", path).status_code == 204
    assert rokka.api("GET", "/sourceimages/demo").json()["items"] == [other]
    response = rokka.api("DELETE", path)
    assert response.status_code == 404
    assert "No source image found" in response.json()["error"]["message"]


def test_delete__by_binary_asks_for_the_binary(rokka: Rokka) -> None:
    rokka.upload(encode(halves(30, 20)))
    assert rokka.api("DELETE", "/sourceimages/demo").status_code == 400
    assert rokka.api("GET", "/sourceimages/demo").json()["total"] == 1


@pytest.mark.parametrize("path", ["/{hash}", "?binaryHash={binary_hash}"])
def test_delete__spares_what_is_locked(rokka: Rokka, path: str) -> None:
    image = rokka.upload(encode(halves(30, 20)), **{"options[0]": '{"locked": true}'})
    response = rokka.api("DELETE", f"/sourceimages/demo{path.format(**image)}")
    assert response.status_code == 403
    assert "is locked" in response.json()["error"]["message"]
    assert rokka.api("GET", "/sourceimages/demo").json()["items"] == [image]


@pytest.mark.parametrize("path", ENDPOINTS)
def test_endpoint__knows_no_other_organization(shared_rokka: Rokka, path: str) -> None:
    method, _, rest = path.partition(" ")
    response = shared_rokka.api(method, f"/sourceimages/elsewhere{rest}")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == 404
    assert "'elsewhere' does not exist" in response.json()["error"]["message"]


@pytest.mark.parametrize("path", [path for path in ENDPOINTS if UNKNOWN in path])
def test_endpoint__says_that_an_image_is_unknown(shared_rokka: Rokka, path: str) -> None:
    method, _, rest = path.partition(" ")
    bodies = {"PUT": BODIES.get(rest.rpartition("/")[2], "{}"), "PATCH": "{}"}
    response = shared_rokka.api(
        method,
        f"/sourceimages/demo{rest}",
        data=bodies.get(method, '{"languages": ["en"]}'),
        headers={"Destination": "demo"},
    )
    assert response.status_code == 404
    assert "No source image found" in response.json()["error"]["message"]
