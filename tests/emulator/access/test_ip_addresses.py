from __future__ import annotations

from typing import Any

import pytest
from werkzeug.exceptions import BadRequest

from django_rokka.emulator.access.ip_addresses import (
    is_address_in,
    is_host,
    is_public_address,
    is_public_host,
    read_addresses,
)


@pytest.mark.parametrize(
    ("address", "networks", "is_in"),
    [
        ("192.0.2.7", ["192.0.2.0/24"], True),
        ("192.0.3.7", ["192.0.2.0/24", "192.0.3.7"], True),
        ("192.0.3.8", ["192.0.2.0/24", "192.0.3.7"], False),
        ("192.0.2.7", ["192.0.2.1/24"], True),
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
        (["192.0.2.1/33"], "'192.0.2.1/33' in ips is neither an address nor a network"),
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


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("::ffff:93.184.216.34", True),
        *((address, False) for address in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "0.1.2.3")),
        *((address, False) for address in ("100.64.0.1", "224.0.0.1", "239.1.2.3", "::1", "::")),
        *((address, False) for address in ("::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1")),
        *((address, False) for address in ("2002:7f00:1::", "fec0::1", "fe80::1%eth0", "ff02::1")),
        *((address, False) for address in ("2001:0:7f00:1::", "fd00::1")),
    ],
)
def test_address__is_public(address: str, *, is_public: bool) -> None:
    assert is_public_address(address) is is_public


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("example.com", True),
        ("bücher.example", True),
        ("::1", True),
        ("127%2e0.0.1", False),
        ("local%2568ost", False),
        ("a/b", False),
        ("a b", False),
        ("a_b", False),
        ("fe80::1%25eth0", False),
        ("a..b", False),
        ("", False),
    ],
)
def test_host__has_nothing_to_decode(host: str, *, is_one: bool) -> None:
    assert is_host(host) is is_one


def test_address__with_a_zone_is_of_a_network_of_ones_own() -> None:
    assert is_public_address("fe80::1%no such network") is False


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "no\N{ZERO WIDTH SPACE}host..", ""])
def test_host__without_a_public_address_is_not_public(host: str) -> None:
    assert is_public_host(host) is False


def test_host__with_public_addresses_alone_is_public() -> None:
    assert is_public_host("9.9.9.9")
