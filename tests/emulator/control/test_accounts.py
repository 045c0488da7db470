from __future__ import annotations

from pathlib import Path

import pytest

from django_rokka.emulator import Emulator, EmulatorServer

from tests.emulator.api.members import make_member
from tests.emulator.conftest import API_KEY, Rokka
from tests.emulator.pictures import encode, halves

PATH = "/_emulator/organizations/demo"


def test_account__pays_unless_it_is_told_otherwise(rokka: Rokka) -> None:
    assert rokka.api("GET", PATH).json() == {"name": "demo", "is_paying": True}
    for is_paying in (False, True):
        answer = rokka.api("PUT", PATH, json={"is_paying": is_paying})
        assert (answer.status_code, answer.json()["is_paying"]) == (200, is_paying)
        path = f"/sourceimages/demo/{rokka.upload(encode(halves(30, 20)))['hash']}/autolabel"
        assert rokka.api("POST", path).status_code == (200 if is_paying else 403)


@pytest.mark.parametrize("body", [{}, {"is_paying": "yes"}, {"is_paying": True, "more": 1}, []])
def test_put__asks_for_one_thing(rokka: Rokka, body: object) -> None:
    assert rokka.api("PUT", PATH, json=body).status_code == 400


def test_account__is_for_the_emulators_own_key(rokka: Rokka) -> None:
    headers = make_member(rokka, "admin").headers
    statuses = [
        rokka.api("PUT", PATH, json={"is_paying": False}, headers=headers).status_code,
        rokka.api("GET", PATH, headers=headers).status_code,
        rokka.api("PUT", "/_emulator/organizations/nobody", json={"is_paying": True}).status_code,
    ]
    assert statuses == [403, 403, 404]


@pytest.mark.parametrize(
    "fields",
    [
        {"meta_static[0]": '{"auto_description": {"languages": ["en"]}}'},
        {"meta_dynamic[0][detection_face]": '{"x": 1, "y": 1, "width": 5, "height": 5}'},
    ],
)
def test_upload__of_a_free_account_has_nothing_that_costs(
    rokka: Rokka, fields: dict[str, str]
) -> None:
    rokka.api("PUT", PATH, json={"is_paying": False})
    answer = rokka.post_file(encode(halves(30, 20)), **fields)
    assert answer.status_code == 403
    assert "paying accounts" in answer.json()["error"]["message"]
    assert rokka.api("GET", "/sourceimages/demo").json()["total"] == 0
    rokka.api("PUT", PATH, json={"is_paying": True})
    rokka.upload(encode(halves(30, 20)), **fields)


def test_fonts__are_for_paying_accounts(rokka: Rokka) -> None:
    font = b"\0\x01\0\0\0" + b"\0" * 99
    rokka.api("PUT", PATH, json={"is_paying": False})
    assert rokka.post_file(font, "font.ttf").status_code == 403
    rokka.api("PUT", PATH, json={"is_paying": True})
    assert rokka.post_file(font, "font.ttf").status_code == 200


def test_new_organizations__are_what_the_setting_says(tmp_path: Path) -> None:
    for is_paying in (False, True):
        # The first start made it.
        emulator = Emulator(root=tmp_path, api_key=API_KEY, is_paying=is_paying)
        with EmulatorServer(emulator) as server:
            rokka = Rokka(server)
            assert rokka.api("GET", PATH).json()["is_paying"] is False
            rokka.close()
        emulator.close()
