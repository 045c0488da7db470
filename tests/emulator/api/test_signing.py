from __future__ import annotations

import pytest

from django_rokka.render import sign_url

from tests.emulator.api.members import make_member
from tests.emulator.conftest import SIGNING_KEY, Rokka
from tests.emulator.pictures import encode, halves

URL = "https://demo.rokka.io/dynamic/c1b110.jpg"
PATH = "/utils/demo/sign_url"


def test_sign__takes_json_and_both_kinds_of_forms(rokka: Rokka) -> None:
    answers = [
        rokka.api("POST", PATH, json={"url": URL, "round_date_up_to": 600}),
        rokka.api("POST", PATH, data={"url": URL}),
        rokka.api("POST", PATH, files={"url": (None, URL)}),
        rokka.api("POST", PATH, data=f'{{"url": "{URL}"}}', headers={"Content-Type": "text/plain"}),
    ]
    expected = {"signed_url": sign_url(URL, SIGNING_KEY)}
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, expected)] * 4


def test_sign__opens_what_is_protected(rokka: Rokka) -> None:
    image = rokka.upload(encode(halves(20, 10)), **{"options[0]": '{"protected": true}'})
    path = f"/dynamic/resize-width-10/{image['hash']}.png"
    assert rokka.render(path).status_code == 403
    signed = rokka.api("POST", PATH, json={"url": f"https://demo.rokka.io{path}"}).json()
    assert rokka.render(signed["signed_url"].removeprefix("https://demo.rokka.io")).ok


@pytest.mark.parametrize(
    "body",
    [{}, {"url": 3}, {"url": "dynamic"}, {"url": URL, "round_date_up_to": "soon"}, []],
)
def test_sign__refuses(rokka: Rokka, body: object) -> None:
    assert rokka.api("POST", PATH, json=body).status_code == 400


def test_sign__is_for_those_who_may_see_protected_images(rokka: Rokka) -> None:
    statuses = [
        rokka.api(
            "POST", PATH, json={"url": URL}, headers=make_member(rokka, role).headers
        ).status_code
        for role in ("sourceimages:read", "read")
    ]
    assert statuses == [403, 200]
