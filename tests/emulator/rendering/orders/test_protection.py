from __future__ import annotations

from datetime import timedelta

import pytest

from django_rokka.render import sign_url

from tests.emulator.conftest import SIGNING_KEY, Clock, Rokka
from tests.emulator.pictures import BLUE, RED, encode, halves, plain
from tests.emulator.rendering.pictures.operations.test_layers import upload

PROTECTED = {"options[0]": '{"protected": true}'}
RESIZE = {"name": "resize", "options": {"width": 30}}
FINE_IS_CLOSED = {
    "operations": [RESIZE],
    "expressions": [
        {"expression": "options.dpr >= 2", "overrides": {"options": {"protected": True}}}
    ],
}


@pytest.fixture
def digest(rokka: Rokka) -> str:
    return str(rokka.upload(encode(halves(60, 40)))["hash"])


class TestConditions:
    def test_stack__is_protected_where_the_condition_holds(self, rokka: Rokka, digest: str) -> None:
        rokka.put_stack("fine", FINE_IS_CLOSED)
        assert rokka.render(f"/fine/{digest}.png").status_code == 200
        for options in ("o-dpr-2", "o-dpr-2-protected-false"):
            path = f"/fine/{options}/{digest}.png"
            assert rokka.render(path).status_code == 403
            assert rokka.render(sign_url(path, SIGNING_KEY)).status_code == 200

    def test_base__is_protected_where_the_condition_holds(self, rokka: Rokka, digest: str) -> None:
        condition = {"expression": "$w > 9", "overrides": {"options": {"protected": True}}}
        rokka.put_stack("wide", {"operations": [], "expressions": [condition]})
        options = {"basestack": "wide", "protected": False}
        rokka.put_stack("based", {"operations": [RESIZE], "options": options})
        answers = [rokka.render(f"/based/v-w-{w}/{digest}.png").status_code for w in (9, 10)]
        assert answers == [200, 403]

    def test_secondary_stack__is_protected_where_the_condition_holds(
        self, rokka: Rokka, digest: str
    ) -> None:
        rokka.put_stack("fine", FINE_IS_CLOSED)
        layer = "resize-width-30--composition-secondary_stack-fine"
        answers = [
            rokka.render(f"/dynamic/{layer}/o-dpr-{dpr}/{digest}.png").status_code for dpr in (1, 2)
        ]
        assert answers == [200, 403]


class TestCaching:
    def test_answer__is_kept_no_longer_than_its_signature_holds(
        self, rokka: Rokka, clock: Clock
    ) -> None:
        digest = rokka.upload(encode(halves(60, 40)), **PROTECTED)["hash"]
        until = clock.now + timedelta(seconds=600)
        for path in (f"/dynamic/{digest}.png", f"/_iiif/{digest}/full/max/0/default.png"):
            signed = sign_url(path, SIGNING_KEY, until=until)
            assert rokka.render(signed).headers["Cache-Control"] == "private, max-age=600"
        clock.advance(100.5)
        assert rokka.render(signed).headers["Cache-Control"] == "private, max-age=499"

    @pytest.mark.parametrize(
        "until", ["2026-03-01T12:10:00Z", "2026-03-01T12:10:00", "2026-03-01T13:10:00.5+01:00"]
    )
    def test_end__is_read_however_it_is_written(self, rokka: Rokka, until: str) -> None:
        digest = rokka.upload(encode(halves(60, 40)), **PROTECTED)["hash"]
        options = {"until": until.replace(".5", ".500")}
        signed = sign_url(f"/dynamic/{digest}.png", SIGNING_KEY, options=options)
        assert rokka.render(signed).headers["Cache-Control"] == "private, max-age=600"

    @pytest.mark.parametrize("options", [None, {"other": 1}])
    def test_answer__without_an_end_is_for_the_browser_alone(
        self, rokka: Rokka, options: dict[str, int] | None
    ) -> None:
        digest = rokka.upload(encode(halves(60, 40)), **PROTECTED)["hash"]
        signed = sign_url(f"/dynamic/{digest}.png", SIGNING_KEY, options=options)
        answer = rokka.render(signed)
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"

    def test_answer__with_a_protected_layer_is_for_the_browser_alone(self, rokka: Rokka) -> None:
        digest = upload(rokka, 60, 40, RED)
        mark = rokka.upload(encode(plain(6, 4, BLUE)), **PROTECTED)["hash"]
        path = f"/dynamic/composition-secondary_image-{mark}/{digest}.png"
        answer = rokka.render(sign_url(path, SIGNING_KEY))
        assert answer.headers["Cache-Control"].startswith("private, ")

    def test_signature__of_what_is_open_changes_nothing(
        self, rokka: Rokka, digest: str, clock: Clock
    ) -> None:
        signed = sign_url(f"/dynamic/{digest}.png", SIGNING_KEY, until=clock.now)
        assert rokka.render(signed).headers["Cache-Control"].startswith("public, ")
