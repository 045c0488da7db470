from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import encode, halves


def message(answer: Any) -> str:
    return str(answer.json()["error"]["message"])


@pytest.fixture
def digest(rokka: Rokka) -> str:
    fields = {"meta_user[0]": '{"int:stars": 20, "author": "Ann"}'}
    return str(rokka.upload(encode(halves(60, 40)), **fields)["hash"])


def put_width(rokka: Rokka, expression: str) -> None:
    operation = {"name": "resize", "expressions": {"width": expression}}
    assert rokka.put_stack("computed", [operation], overwrite="true").status_code in {200, 201}


@pytest.mark.parametrize(
    ("expression", "width"),
    [
        ("image.meta_user.stars", 20),
        ("image.meta_user.author == 'Ann' ? 9 : 8", 9),
        ("image.meta_user.nothing ? 9 : 8", 8),
        ("image.subject_area.width ? 9 : 8", 8),
        ("image.detection_face.x ? 9 : 8", 8),
        ("image.height", 40),
        ("request.headers.nothing ? 9 : 8", 8),
    ],
)
def test_image__is_asked_by_expressions(
    rokka: Rokka, digest: str, expression: str, width: int
) -> None:
    put_width(rokka, expression)
    assert rokka.picture(f"/computed/{digest}.png").width == width


@pytest.mark.parametrize("name", ["image.widht", "image.widht.x", "image.width.x"])
def test_image__has_no_other_names(rokka: Rokka, digest: str, name: str) -> None:
    put_width(rokka, f"{name} ? 9 : 8")
    answer = rokka.render(f"/computed/{digest}.png")
    assert (answer.status_code, f"Unknown name '{name}'" in message(answer)) == (400, True)


def test_entropy__is_missing(rokka: Rokka, digest: str) -> None:
    put_width(rokka, "image.entropy > 5 ? 9 : 8")
    answer = rokka.render(f"/computed/{digest}.png")
    assert (answer.status_code, "image.entropy" in message(answer)) == (501, True)


def test_save_data__makes_another_answer_and_says_so(rokka: Rokka, digest: str) -> None:
    put_width(rokka, "request.headers.save_data == 'on' ? 10 : 30")
    path = f"/computed/{digest}.png"
    for _ in range(2):
        assert rokka.picture(path).width == 30
        assert rokka.picture(path, **{"Save-Data": "on"}).width == 10
    assert rokka.render(path).headers["Vary"] == "Save-Data"
    both = f"/computed/o-autoformat-true/{digest}.png"
    assert rokka.render(both).headers["Vary"] == "Accept, Save-Data"


def test_save_data__of_a_secondary_stack_counts_too(rokka: Rokka, digest: str) -> None:
    put_width(rokka, "request.headers.save_data == 'on' ? 10 : 30")
    path = f"/dynamic/composition-secondary_stack-computed/{digest}.png"
    assert rokka.render(path).headers["Vary"] == "Save-Data"
