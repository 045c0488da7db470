from __future__ import annotations

import pytest

from tests.emulator.conftest import SIGNING_KEY, Rokka


def test_read__shows_the_signing_keys(rokka: Rokka) -> None:
    organization = rokka.api("GET", "/organizations/demo").json()
    assert organization["name"] == organization["master_organization"] == "demo"
    assert organization["signing_keys"] == [{"key": SIGNING_KEY}]
    assert organization["options"] == {}


def test_options__are_kept(rokka: Rokka) -> None:
    one = rokka.api("PUT", "/organizations/demo/options/protect_dynamic_stack", data="true")
    assert (one.status_code, one.json()["options"]) == (200, {"protect_dynamic_stack": True})
    both = rokka.api("PUT", "/organizations/demo/options", json={"protect_dynamic_stack": False})
    assert both.json()["options"] == {"protect_dynamic_stack": False}


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("remote_basepath", "https://example.com/", 501),
        ("loud", "true", 400),
        ("protect_dynamic_stack", "perhaps", 400),
    ],
)
def test_options__refuse_others(rokka: Rokka, name: str, value: str, status: int) -> None:
    answer = rokka.api("PUT", f"/organizations/demo/options/{name}", data=value)
    assert answer.status_code == status
    assert name in answer.json()["error"]["message"]
