from __future__ import annotations

import json

import pytest

from tests.emulator.api.members import make_member
from tests.emulator.conftest import Rokka
from tests.emulator.pictures import encode, halves


@pytest.fixture
def copied(rokka: Rokka) -> dict[str, object]:
    """An image of demo, with an organization beside it."""
    response = rokka.api("PUT", "/organizations/other", json={"billing_email": "a@example.com"})
    assert response.status_code in {200, 201}, response.text
    return rokka.upload(encode(halves(30, 20)), "a.png", **{"meta_user[0]": '{"foo": "bar"}'})


@pytest.mark.parametrize(("method", "suffix"), [("COPY", ""), ("POST", "/copy")])
def test_copy__is_new_then_overwritten_then_refused(
    rokka: Rokka, copied: dict[str, object], method: str, suffix: str
) -> None:
    path = f"/sourceimages/demo/{copied['hash']}{suffix}"
    answers = [
        rokka.api(method, path, headers={"Destination": "other", **headers})
        for headers in ({}, {}, {"Overwrite": "F"})
    ]
    assert [(answer.status_code, answer.content) for answer in answers] == [
        (201, b"{}"),
        (204, b""),
        (412, b"{}"),
    ]
    found = rokka.api("GET", f"/sourceimages/other/{copied['hash']}").json()
    link = f"/sourceimages/other/{copied['hash']}"
    assert found == {**copied, "organization": "other", "link": link}


def test_copy__is_independent_until_it_is_overwritten(
    rokka: Rokka, copied: dict[str, object]
) -> None:
    path, headers = f"/sourceimages/demo/{copied['hash']}", {"Destination": "other"}
    theirs = f"/sourceimages/other/{copied['hash']}"
    rokka.api("COPY", path, headers=headers)
    rokka.api("PUT", f"{path}/meta/user/foo", data="changed")
    rokka.api("PUT", f"{path}/name", json="b.png")
    before = rokka.api("GET", theirs).json()
    assert (before["name"], before["user_metadata"]) == ("a.png", {"foo": "bar"})
    rokka.api("COPY", path, headers=headers)
    after = rokka.api("GET", theirs).json()
    assert (after["name"], after["user_metadata"]) == ("b.png", {"foo": "changed"})


def test_copy__renders_at_its_destination(rokka: Rokka, copied: dict[str, object]) -> None:
    path = f"/sourceimages/demo/{copied['hash']}"
    rokka.api("COPY", path, headers={"Destination": "other"})
    download = rokka.api("GET", f"/sourceimages/other/{copied['hash']}/download")
    assert download.content == rokka.api("GET", f"{path}/download").content


def test_copy__of_what_was_deleted_there_is_new(rokka: Rokka, copied: dict[str, object]) -> None:
    path, headers = f"/sourceimages/demo/{copied['hash']}", {"Destination": "other"}
    rokka.api("COPY", path, headers=headers)
    rokka.api("DELETE", f"/sourceimages/other/{copied['hash']}")
    answer = rokka.api("COPY", path, headers={**headers, "Overwrite": "F"})
    assert (answer.status_code, answer.json()) == (201, {})


def test_copy__leaves_a_locked_image_alone(rokka: Rokka, copied: dict[str, object]) -> None:
    path, headers = f"/sourceimages/demo/{copied['hash']}", {"Destination": "other"}
    rokka.api("COPY", path, headers=headers)
    rokka.api("PUT", f"/sourceimages/other/{copied['hash']}/options/locked", data="true")
    rokka.api("PUT", f"{path}/meta/user/foo", data="changed")
    assert rokka.api("COPY", path, headers=headers).status_code == 403


@pytest.mark.parametrize("headers", [{}, {"Destination": ""}, {"Destination": "nowhere"}])
def test_copy__needs_a_destination(
    rokka: Rokka, copied: dict[str, object], headers: dict[str, str]
) -> None:
    answer = rokka.api("COPY", f"/sourceimages/demo/{copied['hash']}", headers=headers)
    assert answer.status_code == 400
    assert "must" in answer.text or "Send the name" in answer.json()["error"]["message"]


def test_copy_many__tells_what_became_of_each(rokka: Rokka, copied: dict[str, object]) -> None:
    other = rokka.upload(encode(halves(10, 10)))
    headers = {"Destination": "other"}
    rokka.api("COPY", f"/sourceimages/demo/{copied['hash']}", headers=headers)
    hashes = [copied["hash"], other["short_hash"], "0" * 40]
    for overwrite in ({"Overwrite": "F"}, {}):
        answer = rokka.api(
            "POST", "/sourceimages/demo/copy", json=hashes, headers={**headers, **overwrite}
        )
        is_first = bool(overwrite)
        assert (answer.status_code, answer.json()) == (
            200,
            {
                "created": [other["hash"]] if is_first else [],
                "existing": [copied["hash"]] if is_first else [copied["hash"], other["hash"]],
                "notfound": ["0" * 40],
            },
        )


@pytest.mark.parametrize("body", ["", "{}", '["g"]', "[1]", json.dumps(["0" * 40] * 101)])
def test_copy_many__refuses_what_is_no_list_of_hashes(rokka: Rokka, body: str) -> None:
    answer = rokka.api(
        "POST", "/sourceimages/demo/copy", data=body, headers={"Destination": "demo"}
    )
    assert answer.status_code == 400
    assert "must be" in answer.json()["error"]["message"]


@pytest.mark.parametrize("role", ["sourceimages:download:protected", None])
@pytest.mark.parametrize("is_bulk", [False, True])
def test_copy__of_a_protected_image_asks_for_the_role_of_its_download(
    rokka: Rokka, *, is_bulk: bool, role: str | None
) -> None:
    fields = {"options[0]": '{"protected": true}'}
    image = rokka.upload(encode(halves(30, 20)), "a.png", **fields)
    member = make_member(rokka, *filter(None, ["sourceimages:read", role]), trusted=True)
    headers = {**member.headers, "Destination": "own"}
    body = {"billing_email": "a@example.com"}
    made = rokka.api("PUT", "/organizations/own", json=body, headers=member.headers)
    assert made.status_code in {200, 201}, made.text
    path = "/sourceimages/demo/copy" if is_bulk else f"/sourceimages/demo/{image['hash']}/copy"
    hashes = [image["hash"]] if is_bulk else None
    answer = rokka.api("POST", path, json=hashes, headers=headers)
    expected = (200 if is_bulk else 201) if role else 403
    assert answer.status_code == expected, answer.text
    assert rokka.api("GET", "/sourceimages/own").json()["total"] == int(bool(role))
