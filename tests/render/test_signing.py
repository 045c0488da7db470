"""Signatures, against the official libraries and against tampering."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import is_signature_valid, sign_url

from tests.render.vectors import read_date, read_vectors, vector_id

KEY = "OCOuisGe30QyocYkQN1SPErGGKunyuhZ"
NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)

JAVASCRIPT = read_vectors("signing.json", "signUrl", "signUrlWithOptions")
PHP = read_vectors("signing.json", "php.signUrl")

# Where we differ from the JavaScript library on purpose: id, our URL, reason.
DEPARTURES = {
    "signing-45ac51e8": (
        "https://myorg.rokka.io/mystack/abcdef.jpg?sig=b0dcdd421b060f7b",
        "a file name with a dot is a file name too, and left out like any other",
    ),
    "signing-7a448c84": (
        "https://myorg.rokka.io/mystack/abcdef.jpg?sig=b0dcdd421b060f7b",
        "so is one with a plus sign, which the library puts into a regular expression",
    ),
    "signing-7b316e82": (
        "https://myorg.rokka.io/mystack/abcdef.jpg?sig=b0dcdd421b060f7b",
        "and one with parentheses",
    ),
    "signing-17dfb249": (
        "/mystack/abcdef.jpg?sig=b0dcdd421b060f7b",
        "a path can be signed: render hosts may have a path of their own",
    ),
    "signing-0ad186d7": (
        "https://myorg.rokka.io/_iiif/abcdef/info.json?sig=a379579ca2e67dbb",
        "info.json is no file name: without it the URL is another resource",
    ),
}

_DATE = "dates are written as in the JavaScript library"
_QUERY = "the query is written as in the JavaScript library"

# The same for the PHP library, which keeps file names, the bytes of the query and time zones.
# Both signatures are valid, each for its own URL.
DEPARTURES_FROM_PHP = {
    "signing-cecdc267": (
        (
            "http://test.rokka.test/dynamic/c1b110.jpg?foo=bar&lala=hello&soso="
            "&sigopts=%7B%22until%22%3A%222050-02-08T08%3A05%3A00.000Z%22%7D&sig=8e110c4308838ef8"
        ),
        _DATE,
    ),
    "signing-dea23de2": (
        (
            "http://test.rokka.test/dynamic/c1b110.jpg"
            "?sigopts=%7B%22until%22%3A%222050-02-08T08%3A10%3A00.000Z%22%7D&sig=ec46ccf311b1d7f8"
        ),
        _DATE,
    ),
    "signing-733ea1bb": (
        (
            "https://myorg.rokka.io/mystack/abcdef.jpg"
            "?sigopts=%7B%22until%22%3A%222030-06-15T10%3A34%3A56.000Z%22%7D&sig=7d06a1300ce0ecea"
        ),
        _DATE,
    ),
    "signing-26e56f0b": (
        (
            "https://myorg.rokka.io/mystack/abcdef.jpg"
            "?sigopts=%7B%22until%22%3A%222030-06-15T07%3A15%3A00.000Z%22%7D&sig=d0e9288b8f317e20"
        ),
        _DATE,
    ),
    "signing-1f93ea75": (
        (
            "https://myorg.rokka.io/mystack/abcdef.jpg"
            "?sigopts=%7B%22until%22%3A%222050-01-01T00%3A00%3A00.000Z%22%7D&foo=bar"
            "&sig=ef8fd26b5b3c3406"
        ),
        "sigopts keep their place, as in the JavaScript library",
    ),
    "signing-0efe3758": (
        "http://test.rokka.test/dynamic/c1b110.jpg?foo=bar&lala=hello&soso=&sig=4d6173249ba045f0",
        _QUERY,
    ),
    "signing-db63405b": (
        "http://test.rokka.test/dynamic/c1b110.jpg?foo=bar&lala=hello&soso=&sig=4d6173249ba045f0",
        _QUERY,
    ),
    "signing-59084f48": (
        "http://test.rokka.test/dynamic/c1b110.jpg?foo=bar&lala=hello&soso=&sig=4d6173249ba045f0",
        _QUERY,
    ),
    "signing-5a222c66": (
        "http://test.rokka.test/dynamic/c1b110.jpg?v=%7B%22a%22%3A%22b%22%7D&sig=9259f07089f76a05",
        _QUERY,
    ),
}


def sign(vector: dict[str, Any], *, keep_filename: bool = False) -> str:
    given = vector["input"]
    return sign_url(
        given["url"],
        given["key"],
        until=read_date(given.get("until")),
        round_date_up_to=given.get("round_date_up_to", 300),
        options=given.get("options"),
        keep_filename=keep_filename,
    )


def target_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


@pytest.mark.parametrize("vector", JAVASCRIPT, ids=vector_id)
def test_sign_url__is_as_in_the_javascript_library(vector: dict[str, Any]) -> None:
    if vector["id"] in DEPARTURES:
        assert sign(vector) == DEPARTURES[vector["id"]][0]
    elif "expected_error" in vector:
        with pytest.raises(InvalidRenderURL, match="cannot be signed"):
            sign(vector)
    else:
        assert sign(vector) == vector["expected"]


@pytest.mark.parametrize("vector", PHP, ids=vector_id)
def test_sign_url__with_the_file_name_is_as_in_the_php_library(vector: dict[str, Any]) -> None:
    ours, _reason = DEPARTURES_FROM_PHP.get(vector["id"], (vector["expected"], ""))

    assert sign(vector, keep_filename=True) == ours


@pytest.mark.parametrize(
    ("vectors", "departures"),
    [(JAVASCRIPT, DEPARTURES), (PHP, DEPARTURES_FROM_PHP)],
)
def test_departures__still_depart(
    vectors: list[dict[str, Any]], departures: dict[str, tuple[str, str]]
) -> None:
    expected = {vector["id"]: vector.get("expected") for vector in vectors}

    assert [name for name, (ours, _) in departures.items() if ours == expected[name]] == []


@pytest.mark.parametrize(
    "vector", [vector for vector in [*JAVASCRIPT, *PHP] if "sig" in vector], ids=vector_id
)
def test_is_signature_valid__accepts_every_official_signature(vector: dict[str, Any]) -> None:
    target = target_of(vector["expected"])

    assert is_signature_valid(target, [vector["input"]["key"]], now=NOW)


@pytest.mark.parametrize(
    "vector",
    [vector for vector in JAVASCRIPT if "expected" in vector or vector["id"] in DEPARTURES],
    ids=vector_id,
)
def test_is_signature_valid__accepts_what_we_sign(vector: dict[str, Any]) -> None:
    assert is_signature_valid(target_of(sign(vector)), [vector["input"]["key"]], now=NOW)


def test_sign_url__gives_the_signature_of_the_documentation() -> None:
    signed = sign_url("/stackname/504e34/image.jpg", "84jfskg2z40tz87hkjhl", keep_filename=True)

    assert signed == "/stackname/504e34/image.jpg?sig=0eb4aa07603c4ca9"


def test_is_signature_valid__covers_every_name_of_an_image() -> None:
    query = urlsplit(sign_url("/mystack/abcdef/one.jpg", KEY)).query

    for name in ("", "/one", "/two", "/v1"):
        assert is_signature_valid(f"/mystack/abcdef{name}.jpg?{query}", [KEY], now=NOW)


def test_is_signature_valid__takes_any_of_several_keys() -> None:
    target = sign_url("/mystack/abcdef.jpg", KEY)

    assert is_signature_valid(target, ["other", KEY], now=NOW)
    assert not is_signature_valid(target, ["other"], now=NOW)
    assert not is_signature_valid(target, [], now=NOW)


def test_is_signature_valid__ends_with_until() -> None:
    until = NOW + timedelta(minutes=5)
    target = sign_url("/mystack/abcdef.jpg", KEY, until=until)

    assert is_signature_valid(target, [KEY], now=until - timedelta(seconds=1))
    assert not is_signature_valid(target, [KEY], now=until)


@pytest.mark.parametrize("options", [{"until": "soon"}, {"until": 3}, {"until": ""}, ["until"]])
def test_is_signature_valid__refuses_an_unreadable_until(options: Any) -> None:
    target = sign_url("/mystack/abcdef.jpg", KEY, options=options)

    assert not is_signature_valid(target, [KEY], now=NOW)


@pytest.mark.parametrize(
    "target",
    [
        "",
        "/mystack/abcdef.jpg",
        "/mystack/abcdef.jpg?sig=",
        "/mystack/abcdef.jpg?sig=ü",
        "/mystack/abcdef.jpg?sig=\udcff",
        "/mystack/abc\udcffdef.jpg?sig=1",
        "/mystack/abcdef.jpg?sigopts=" + "[" * 100_000 + "&sig=b0dcdd421b060f7b",
    ],
)
def test_is_signature_valid__refuses_what_is_none(target: str) -> None:
    assert not is_signature_valid(target, [KEY], now=NOW)


@given(
    st.sampled_from(
        ["/mystack/abcdef/name.jpg", "/dynamic/resize-width-2/abcdef.png?v=%7B%22a%22%3A1%7D"]
    ),
    st.data(),
)
def test_signature__breaks_with_any_byte(url: str, data: st.DataObject) -> None:
    target = sign_url(url, KEY)
    signed = target.partition("sig=")[0]
    place = data.draw(st.integers(0, len(signed) - 2))
    byte = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
    assume(byte != target[place])

    changed = target[:place] + byte + target[place + 1 :]

    assert not is_signature_valid(changed, [KEY], now=NOW)


@given(
    st.datetimes(
        min_value=datetime(1971, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(2200, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        timezones=st.timezones(),
    ),
    st.sampled_from([2, 60, 300, 900, 86_400]),
)
def test_sign_url__until_is_rounded_up(until: datetime, step: int) -> None:
    target = sign_url("/s/abcdef.jpg", KEY, until=until, round_date_up_to=step)
    rounded = read_date(target.split("%22")[3].replace("%3A", ":"))

    assert rounded is not None
    assert 0 <= rounded.timestamp() - until.timestamp() < step
    assert rounded.timestamp() % step == 0


@pytest.mark.parametrize("url", ["", "mystack/abcdef.jpg", "https://[::1/abcdef.jpg"])
def test_sign_url__refuses_what_is_no_url(url: str) -> None:
    with pytest.raises(InvalidRenderURL) as caught:
        sign_url(url, KEY)

    assert str(caught.value) == f"{url!r} cannot be signed: give a URL or a path with '/'."


def test_sign_url__refuses_a_naive_until() -> None:
    with pytest.raises(InvalidRenderURL, match="has no time zone"):
        sign_url("/s/abcdef.jpg", KEY, until=datetime(2030, 1, 1))  # noqa: DTZ001 - that is the claim
