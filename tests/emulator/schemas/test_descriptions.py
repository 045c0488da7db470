from __future__ import annotations

from django_rokka.emulator.schemas.descriptions import OPTION_DESCRIPTIONS

from tests.emulator.conftest import Rokka


def test_operations__describe_each_of_their_options(rokka: Rokka) -> None:
    described = {
        option: schema["description"]
        for operation in rokka.api("GET", "/operations").json().values()
        for option, schema in operation["properties"].items()
    }
    assert [option for option, description in described.items() if not description] == []
    assert described == OPTION_DESCRIPTIONS
