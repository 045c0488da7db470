from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import encode, halves

AREA = {"width": 5, "height": 6, "x": 10, "y": 8}
ROOT = "/sourceimages/demo"


@pytest.fixture
def image(rokka: Rokka) -> dict[str, Any]:
    return rokka.upload(encode(halves(30, 20)), **{"meta_user[0]": '{"foo": "bar"}'})


def put(rokka: Rokka, hash: str, value: Any, query: str = "", name: str = "subject_area") -> Any:
    return rokka.api("PUT", f"{ROOT}/{hash}/meta/dynamic/{name}{query}", json=value)


def delete(rokka: Rokka, hash: str, query: str = "", **options: Any) -> Any:
    return rokka.api("DELETE", f"{ROOT}/{hash}/meta/dynamic/subject_area{query}", **options)


def test_put__makes_another_image(rokka: Rokka, image: dict[str, Any]) -> None:
    answer = put(rokka, image["hash"], AREA, "?deletePrevious=false")
    made = answer.json()
    assert answer.status_code == 201
    assert made["hash"] != image["hash"]
    assert answer.headers["Location"] == f"{ROOT}/{made['hash']}"
    expected = {
        **image,
        "hash": made["hash"],
        "short_hash": made["hash"][:6],
        "dynamic_metadata": {"subject_area": AREA},
    }
    del expected["link"]
    assert made == expected
    assert rokka.api("GET", f"{ROOT}/{image['hash']}").json() == image


def test_put__of_the_same_changes_nothing(rokka: Rokka, image: dict[str, Any]) -> None:
    digest = put(rokka, image["hash"], AREA).json()["hash"]
    answer = put(rokka, digest, AREA, "?deletePrevious=true")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Location"] == f"{ROOT}/{digest}"


def test_delete__leads_back_to_the_plain_image(rokka: Rokka, image: dict[str, Any]) -> None:
    digest = put(rokka, image["hash"], AREA).json()["hash"]
    answer = delete(rokka, digest)
    expected = {name: value for name, value in image.items() if name != "link"}
    assert (answer.status_code, answer.json()) == (201, expected)
    assert answer.headers["Location"] == f"{ROOT}/{image['hash']}"


def test_put__takes_an_image_that_is_there_as_it_is(rokka: Rokka, image: dict[str, Any]) -> None:
    made = put(rokka, image["hash"], AREA).json()
    rokka.api("PUT", f"{ROOT}/{made['hash']}/meta/user/foo", data="own")
    rokka.api("PUT", f"{ROOT}/{made['hash']}/name", json="own.png")
    again = put(rokka, image["hash"], AREA)
    assert again.status_code == 201
    assert again.json() == {**made, "name": "own.png", "user_metadata": {"foo": "own"}}


@pytest.mark.parametrize("changes", ["put", "delete"])
def test_delete_previous__can_be_taken_back(
    rokka: Rokka, image: dict[str, Any], changes: str
) -> None:
    old = image["hash"]
    if changes == "delete":
        old = put(rokka, old, AREA).json()["hash"]
        assert delete(rokka, old, "?deletePrevious=true").status_code == 201
    else:
        assert put(rokka, old, AREA, "?deletePrevious=true").status_code == 201
    assert rokka.api("GET", f"{ROOT}/{old}").status_code == 404
    assert rokka.api("GET", f"{ROOT}/{old}?deleted=true").json()["deleted"] is True
    assert rokka.api("POST", f"{ROOT}/{old}/restore").status_code == 200
    assert rokka.api("GET", f"{ROOT}/{old}").status_code == 200


def test_delete_previous__loses_no_later_change_of_other_metadata(
    rokka: Rokka, image: dict[str, Any]
) -> None:
    made = put(rokka, image["hash"], AREA, "?deletePrevious=true").json()
    rokka.api("PATCH", f"{ROOT}/{made['hash']}/meta/user", json={"foo": "later"})
    rokka.api("PUT", f"{ROOT}/{made['hash']}/name", json="later.png")
    back = delete(rokka, made["hash"], "?deletePrevious=true").json()
    assert back["hash"] == image["hash"]
    assert (back["user_metadata"], back["name"]) == ({"foo": "later"}, "later.png")


def test_delete__looks_for_delete_previous_in_the_query(
    rokka: Rokka, image: dict[str, Any]
) -> None:
    digest = put(rokka, image["hash"], AREA).json()["hash"]
    assert delete(rokka, digest, json={"deletePrevious": "true"}).status_code == 201
    assert rokka.api("GET", f"{ROOT}/{digest}").status_code == 200


def test_delete_previous__spares_a_locked_image(rokka: Rokka, image: dict[str, Any]) -> None:
    rokka.api("PUT", f"{ROOT}/{image['hash']}/options/locked", data="true")
    assert put(rokka, image["hash"], AREA, "?deletePrevious=true").status_code == 403
    assert rokka.api("GET", ROOT).json()["total"] == 1
    made = put(rokka, image["hash"], AREA)
    assert (made.status_code, made.json()["locked"]) == (201, False)


def test_keep_hash__changes_the_image_itself(rokka: Rokka, image: dict[str, Any]) -> None:
    answer = put(rokka, image["hash"], AREA, "?keepHash=true")
    assert (answer.status_code, answer.json()["hash"]) == (201, image["hash"])
    assert answer.headers["Location"] == f"{ROOT}/{image['hash']}"
    assert answer.headers["Warning"].startswith("299 ")
    assert answer.json()["dynamic_metadata"] == {"subject_area": AREA}
    assert rokka.api("GET", ROOT).json()["total"] == 1


def test_keep_hash__excludes_delete_previous(rokka: Rokka, image: dict[str, Any]) -> None:
    answer = put(rokka, image["hash"], AREA, "?keepHash=true&deletePrevious=true")
    assert answer.status_code == 400
    assert "keepHash and deletePrevious" in answer.json()["error"]["message"]
    assert rokka.api("GET", f"{ROOT}/{image['hash']}").json() == image


def test_put__finds_its_way_behind_a_kept_hash(rokka: Rokka, image: dict[str, Any]) -> None:
    put(rokka, image["hash"], AREA, "?keepHash=true")
    other = put(rokka, image["hash"], {"text": "two"}, name="version").json()
    assert other["dynamic_metadata"] == {"subject_area": AREA, "version": {"text": "two"}}
    plain = delete(rokka, image["hash"])
    assert (plain.status_code, plain.json()["hash"]) == (201, image["hash"])
    assert "dynamic_metadata" not in plain.json()


def test_delete__of_what_is_not_set_is_404(rokka: Rokka, image: dict[str, Any]) -> None:
    answer = delete(rokka, image["hash"])
    assert answer.status_code == 404
    assert "'subject_area'" in answer.json()["error"]["message"]


def test_put__moves_the_crop(rokka: Rokka, image: dict[str, Any]) -> None:
    """The red half is on the left, the blue one on the right."""
    crop = "/dynamic/crop-width-10-height-20"
    colours = []
    for x in (2, 28):
        digest = put(rokka, image["hash"], {"x": x, "y": 10}).json()["hash"]
        colours.append(rokka.picture(f"{crop}/{digest}.png").convert("RGB").getpixel((5, 5)))
    assert colours == [(255, 0, 0), (0, 0, 255)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("subject_area", {"x": 1, "y": 2}),
        ("subject_area", {"x": 1, "y": 2, "percentage": True}),
        ("crop_area", AREA),
        ("multi_areas", {"Left_1": {"crop_area": AREA}, "b": {"subject_area": {"x": 0, "y": 0}}}),
        ("version", {"text": "two"}),
        ("detection_face", {}),
        ("detection_face", AREA),
        ("linked", {"hashes": ["abcdef", "0" * 40]}),
    ],
)
def test_put__takes_every_kind(
    rokka: Rokka, image: dict[str, Any], name: str, value: dict[str, Any]
) -> None:
    answer = put(rokka, image["hash"], value, name=name)
    assert (answer.status_code, answer.json()["dynamic_metadata"]) == (201, {name: value})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("focus", {}, "Unknown dynamic metadata 'focus', must be one of: crop_area,"),
        ("version", "two", "must be a JSON object"),
        ("version", {}, "text of version is null, must be a string"),
        ("version", {"text": "a", "date": 1}, "Unknown member 'date' of version"),
        ("subject_area", {"y": 2}, "x of subject_area is missing"),
        ("subject_area", {"x": 1, "y": True}, "y of subject_area is true"),
        ("subject_area", {"x": 1, "y": 2, "percentage": 1}, "percentage of subject_area is 1"),
        ("crop_area", {"x": 1, "y": 2}, "width of crop_area is missing"),
        ("detection_face", {"x": 1}, "y of detection_face is missing"),
        ("multi_areas", {"a b": {"crop_area": AREA}}, "The area name 'a b'"),
        ("multi_areas", {"a": {}}, "multi_areas.a is {}"),
        ("multi_areas", {"a": {"version": {}}}, "Unknown member 'version' of multi_areas.a"),
        ("multi_areas", {"a": {"crop_area": 1}}, "crop_area of multi_areas.a is 1"),
        ("multi_areas", {"a": {"crop_area": {}}}, "x of multi_areas.a.crop_area is missing"),
        ("linked", {"hashes": ["x"]}, "hashes of linked is"),
        ("linked", {}, "hashes of linked is null"),
    ],
)
def test_put__names_what_it_refuses(
    shared_rokka: Rokka, name: str, value: Any, message: str
) -> None:
    digest = shared_rokka.upload(encode(halves(30, 20)))["hash"]
    answer = put(shared_rokka, digest, value, name=name)
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["x", "y", "width", "text", "hashes", "crop_area"]), inner, max_size=3
        )
    ),
)


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(
        ["subject_area", "crop_area", "multi_areas", "version", "detection_face", "linked", "x"]
    ),
    value=JSON,
)
def test_put__takes_any_json(shared_rokka: Rokka, name: str, value: Any) -> None:
    image = shared_rokka.upload(encode(halves(30, 20)))
    answer = shared_rokka.api(
        "PUT", f"{ROOT}/{image['hash']}/meta/dynamic/{name}", data=json.dumps(value)
    )
    assert answer.status_code in {201, 204, 400}
