from __future__ import annotations

from typing import Any

import pytest
from werkzeug.exceptions import BadRequest

from django_rokka.emulator.ip_addresses import is_address_in, read_addresses


@pytest.mark.parametrize(
    ("address", "networks", "is_in"),
    [
        ("192.0.2.7", ["192.0.2.0/24"], True),
        ("192.0.3.7", ["192.0.2.0/24", "192.0.3.7"], True),
        ("192.0.3.8", ["192.0.2.0/24", "192.0.3.7"], False),
        ("2001:db8::1", ["2001:db8:0::1"], True),
        ("127.0.0.1", ["::1"], False),
        ("127.0.0.1", [], False),
    ],
)
def test_address__is_in_networks(address: str, networks: list[str], *, is_in: bool) -> None:
    assert is_address_in(address, networks) is is_in


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("192.0.2.1", "must be a list of at most 10"),
        (["192.0.2.1"] * 11, "must be a list of at most 10"),
        (["192.0.2.1/24"], "'192.0.2.1/24' in ips is neither an address nor a network"),
        ([None], "'None' in ips is neither"),
        (["10.0.0.0/18"], "ips covers more than 10000 addresses"),
        (["2001:db8::/127"], "name single IPv6 addresses"),
    ],
)
def test_addresses__are_checked(values: Any, message: str) -> None:
    with pytest.raises(BadRequest) as caught:
        read_addresses("ips", values)
    assert message in str(caught.value.description)


def test_addresses__may_be_ten_thousand() -> None:
    assert read_addresses("ips", ["10.0.0.0/19", "::1"]) == ["10.0.0.0/19", "::1"]
