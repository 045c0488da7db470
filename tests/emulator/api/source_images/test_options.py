from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import Clock, Rokka
from tests.emulator.pictures import encode, halves


@pytest.fixture
def image(rokka: Rokka) -> dict[str, Any]:
    return rokka.upload(encode(halves(30, 20)), "lake.png")


@pytest.fixture
def path(image: dict[str, Any]) -> str:
    return f"/sourceimages/demo/{image['hash']}"


@pytest.mark.parametrize("deletes", ["true", "false"])
def test_protect__gives_another_hash(
    rokka: Rokka, image: dict[str, Any], path: str, deletes: str
) -> None:
    answer = rokka.api("PUT", f"{path}/options/protected?deletePrevious={deletes}", data="true")
    made = answer.json()
    link = f"/sourceimages/demo/{made['hash']}"
    assert answer.status_code == 201
    assert answer.headers["Location"] == link
    changed = {"hash": made["hash"], "short_hash": made["hash"][:6], "protected": True}
    assert made == {**image, **changed, "link": link}
    assert made["hash"] != image["hash"]
    assert rokka.api("GET", path).status_code == (404 if deletes == "true" else 200)
    assert rokka.render(f"/dynamic/noop/{made['hash']}.png").status_code == 403
    back = rokka.api("PUT", f"{link}/options/protected", data="false")
    assert back.json() == image


def test_protect__of_what_is_so_already_changes_nothing(rokka: Rokka, path: str) -> None:
    answer = rokka.api("PUT", f"{path}/options/protected?deletePrevious=true", data="false")
    assert (answer.status_code, answer.headers["Location"]) == (204, path)
    assert rokka.api("GET", path).status_code == 200


@pytest.mark.parametrize("option", ["protected", "locked"])
@pytest.mark.parametrize("body", ["", "perhaps", "{}", "null"])
def test_options__are_true_or_false(rokka: Rokka, path: str, option: str, body: str) -> None:
    answer = rokka.api("PUT", f"{path}/options/{option}", data=body)
    assert answer.status_code == 400
    assert "must be true or false" in answer.json()["error"]["message"]


def test_lock__forbids_deletion_and_new_user_metadata(
    rokka: Rokka, image: dict[str, Any], path: str
) -> None:
    answer = rokka.api("PUT", f"{path}/options/locked", data="true")
    assert (answer.status_code, answer.json()) == (200, {**image, "locked": True})
    refused = [
        rokka.api("DELETE", path),
        rokka.api("PATCH", f"{path}/meta/user", json={"a": "b"}),
        rokka.api("PUT", f"{path}/meta/user", json={}),
        rokka.api("DELETE", f"{path}/meta/user"),
        rokka.api("PUT", f"{path}/meta/user/a", data="b"),
        rokka.api("DELETE", f"{path}/meta/user/a"),
        rokka.api("POST", f"{path}/autolabel"),
        rokka.post_file(encode(halves(30, 20)), **{"meta_user[0]": '{"a": "b"}'}),
    ]
    assert [item.status_code for item in refused] == [403] * len(refused)
    assert rokka.api("GET", path).json() == {**image, "locked": True}
    assert rokka.api("PUT", f"{path}/options/locked", data="false").json() == image
    assert rokka.api("DELETE", path).status_code == 204


def test_lock__survives_another_upload(rokka: Rokka, path: str) -> None:
    rokka.api("PUT", f"{path}/options/locked", data="true")
    assert rokka.upload(encode(halves(30, 20)))["locked"] is True


def test_label__stores_labels(rokka: Rokka, image: dict[str, Any], path: str) -> None:
    answer = rokka.api("POST", f"{path}/autolabel")
    metadata = {"array:labels": ["lake", "image", "png", "landscape"]}
    assert (answer.status_code, answer.json()) == (200, {**image, "user_metadata": metadata})


def test_describe__stores_a_text_for_each_language(rokka: Rokka, path: str) -> None:
    answer = rokka.api(
        "POST", f"{path}/autodescription", json={"languages": ["en", "de"], "force": False}
    )
    assert answer.json()["user_metadata"] == {
        "text:auto_description_en": "Image lake.png, 30 × 20 pixels",
        "text:auto_description_de": "Bild lake.png, 30 × 20 Pixel",
    }


@pytest.mark.parametrize(("force", "is_kept"), [("false", True), ("true", False)])
def test_describe__replaces_a_text_when_forced(
    rokka: Rokka,
    path: str,
    force: str,
    is_kept: bool,  # noqa: FBT001  # a table
) -> None:
    field = "text:auto_description_en"
    rokka.api("PUT", f"{path}/meta/user/{field}", data="mine")
    body = f'{{"languages": ["en"], "force": {force}}}'
    answer = rokka.api("POST", f"{path}/autodescription", data=body)
    assert (answer.json()["user_metadata"][field] == "mine") is is_kept


@pytest.mark.parametrize(
    "body",
    [
        *("", "{}", '{"languages": []}', '{"languages": ["es"]}', '{"languages": "en"}'),
        *('{"languages": [["en"]]}', '{"languages": ["en"], "force": "yes"}'),
    ],
)
def test_describe__refuses_other_languages(rokka: Rokka, path: str, body: str) -> None:
    answer = rokka.api("POST", f"{path}/autodescription", data=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 400


def test_invalidate__has_five_in_an_hour(rokka: Rokka, path: str, clock: Clock) -> None:
    for remaining in range(4, -1, -1):
        answer = rokka.api("DELETE", f"{path}/cache")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert answer.headers["X-RateLimit-Remaining"] == str(remaining)
    spent = rokka.api("DELETE", f"{path}/cache")
    assert spent.status_code == 429
    assert int(spent.headers["X-RateLimit-Retry-After"]) == clock.now.timestamp() + 3600
    clock.advance(3600)
    assert rokka.api("DELETE", f"{path}/cache").status_code == 200
