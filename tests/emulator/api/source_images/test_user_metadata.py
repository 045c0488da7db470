from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.emulator.conftest import API_KEY, Rokka
from tests.emulator.pictures import encode, halves


@pytest.fixture
def rokka(shared_rokka: Rokka) -> Rokka:
    """One for all claims here: each begins with the same metadata."""
    return shared_rokka


@pytest.fixture
def path(rokka: Rokka) -> str:
    image = rokka.upload(encode(halves(30, 20)))
    path = f"/sourceimages/demo/{image['hash']}/meta/user"
    rokka.api("PUT", path, json={"foo": "bar", "int:year": 2020})
    return path


def read(rokka: Rokka, path: str) -> Any:
    answer = rokka.api("GET", path)
    assert answer.status_code == 200
    return answer.json()


def change(rokka: Rokka, method: str, path: str, **options: Any) -> None:
    answer = rokka.api(method, path, **options)
    assert (answer.status_code, answer.content) == (204, b"")


def test_merge__sets_and_takes_away(rokka: Rokka, path: str) -> None:
    change(rokka, "PATCH", path, json={"str:place": "lake", "int:year": 0, "foo": None, "x": None})
    assert read(rokka, path) == {"place": "lake", "int:year": 0}


def test_replace__leaves_nothing_else(rokka: Rokka, path: str) -> None:
    change(rokka, "PUT", path, json={"place": "lake", "gone": None})
    assert read(rokka, path) == {"place": "lake"}


def test_clear__leaves_an_empty_object(rokka: Rokka, path: str) -> None:
    change(rokka, "DELETE", path)
    assert read(rokka, path) == {}
    image = rokka.api("GET", path.removesuffix("/meta/user")).json()
    assert "user_metadata" not in image


def test_change__keeps_the_hash(rokka: Rokka, path: str) -> None:
    change(rokka, "PATCH", path, json={"place": "lake"})
    items = rokka.api("GET", "/sourceimages/demo").json()["items"]
    assert [item["user_metadata"] for item in items] == [
        {"foo": "bar", "int:year": 2020, "place": "lake"}
    ]


@pytest.mark.parametrize(
    ("field", "body", "value"),
    [
        ("place", "some value", "some value"),
        ("place", '"some value"', "some value"),
        ("str:place", "é", "é"),
        ("place", "42", "42"),
        ("place", "true", "true"),
        ("place", "", ""),
        ("text:about", "42", "42"),
        ("int:year", "42", 42),
        ("double:rate", "1.5", 1.5),
        ("date:day", "2026-03-01T12:00:00.123Z", "2026-03-01T12:00:00.123Z"),
        ("latlon:at", "47.38,8.52", "47.38,8.52"),
        ("array:labels", '["a"]', ["a"]),
        ("array_text:notes", "[]", []),
    ],
)
def test_put_field__takes_texts_as_they_are(
    rokka: Rokka, path: str, field: str, body: str, value: Any
) -> None:
    change(rokka, "PUT", f"{path}/{field}", data=body.encode())
    assert read(rokka, f"{path}/{field}") == value
    assert read(rokka, path) == {
        "foo": "bar",
        "int:year": 2020,
        field.removeprefix("str:"): value,
    }


def test_put_field__of_null_takes_it_away(rokka: Rokka, path: str) -> None:
    change(rokka, "PUT", f"{path}/foo", data="null")
    assert read(rokka, path) == {"int:year": 2020}


def test_delete_field__takes_one_away(rokka: Rokka, path: str) -> None:
    for _ in range(2):
        change(rokka, "DELETE", f"{path}/str:foo")
    assert read(rokka, path) == {"int:year": 2020}


def test_read_field__that_is_missing_is_404(rokka: Rokka, path: str) -> None:
    answer = rokka.api("GET", f"{path}/year")
    assert answer.status_code == 404
    assert "'year'" in answer.json()["error"]["message"]


@pytest.mark.parametrize("field", ["Foo", "a-b", "float:a", "int:", "a" * 55, "a:b", "é"])
def test_field__has_a_plain_name(rokka: Rokka, path: str, field: str) -> None:
    answers = [
        *(rokka.api(method, path, json={field: "x"}) for method in ("PATCH", "PUT")),
        *(rokka.api(method, f"{path}/{field}", data="x") for method in ("GET", "PUT", "DELETE")),
    ]
    message = (
        f'Field name "{field}" is not valid. Use alphanumeric lowercase characters only,'
        " max length: 54 chars"
    )
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (400, {"error": {"code": 400, "message": message}})
    ] * len(answers)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("foo", 1), ("foo", True), ("foo", {}), ("text:a", [])),
        *(("int:a", 1.5), ("int:a", "1"), ("int:a", True), ("int:a", 2**63), ("double:a", "1")),
        *(("date:a", "today"), ("date:a", "2026-13-01T00:00:00Z"), ("date:a", 1)),
        *(("date:a", "2026-03-01T12:00:00+01:00"), ("latlon:a", "91,0"), ("latlon:a", "47")),
        *(("array:a", "x"), ("array:a", [1]), ("array_text:a", [None])),
    ],
)
def test_value__is_of_its_type(rokka: Rokka, path: str, field: str, value: Any) -> None:
    upload = rokka.post_file(encode(halves(30, 20)), **{"meta_user[0]": json.dumps({field: value})})
    for answer in (rokka.api("PATCH", path, json={field: value}), upload):
        assert answer.status_code == 400
        assert f'The value of the field "{field}" is ' in answer.json()["error"]["message"]
    assert read(rokka, path) == {"foo": "bar", "int:year": 2020}


@pytest.mark.parametrize("body", ["", "[]", "words", '"words"', "1"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_metadata__is_an_object(rokka: Rokka, path: str, method: str, body: str) -> None:
    answer = rokka.api(method, path, data=body)
    assert answer.status_code == 400
    assert "must be a JSON object" in answer.json()["error"]["message"]


def test_merge__loses_nothing_to_others_at_the_same_time(rokka: Rokka, path: str) -> None:
    fields = [f"int:field_{number}" for number in range(12)]

    def set_field(field: str) -> int:
        url = f"{rokka.server.api_host}{path}"
        headers = {"Api-Key": API_KEY}
        with requests.Session() as session:
            session.trust_env = False
            return session.patch(url, json={field: 1}, headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(set_field, fields)) == {204}
    assert read(rokka, path) == {"foo": "bar", "int:year": 2020, **dict.fromkeys(fields, 1)}


@settings(max_examples=60, deadline=None)
@given(
    field=st.sampled_from(["foo", "int:a", "double:a", "date:a", "latlon:a", "array:a", "text:a"]),
    body=st.text(max_size=30) | st.text('0123456789-.:TZ,[]{}"e', max_size=30),
)
def test_put_field__gives_back_what_it_took(shared_rokka: Rokka, field: str, body: str) -> None:
    image = shared_rokka.upload(encode(halves(30, 20)))
    path = f"/sourceimages/demo/{image['hash']}/meta/user/{field}"
    answer = shared_rokka.api("PUT", path, data=body.encode(errors="replace"))
    assert answer.status_code in {204, 400}
    if answer.status_code == 204:
        assert shared_rokka.api("GET", path).status_code in {200, 404}
