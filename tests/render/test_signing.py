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

from tests.render.vectors import read_date, read_vectors

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
REFUSED = {"signing-da3c38ed"}

# PHP keeps file names and the bytes of the query, and writes dates otherwise. All its signatures
# are valid, and these come out alike.
ALIKE_IN_PHP = {
    "signing-5202fe30",
    "signing-5cda85d6",
    "signing-63bd30b7",
    "signing-99cfce80",
    "signing-ad64f3f2",
    "signing-c8344451",
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


def ids(vector: dict[str, Any]) -> str:
    return str(vector["id"])


@pytest.mark.parametrize("vector", JAVASCRIPT, ids=ids)
def test_sign_url__is_as_in_the_javascript_library(vector: dict[str, Any]) -> None:
    if vector["id"] in REFUSED:
        with pytest.raises(InvalidRenderURL):
            sign(vector)
        return
    ours, _reason = DEPARTURES.get(vector["id"], (vector.get("expected"), ""))

    assert sign(vector) == ours


@pytest.mark.parametrize("id", [*DEPARTURES, *REFUSED])
def test_departure__still_departs(id: str) -> None:
    vector = next(vector for vector in JAVASCRIPT if vector["id"] == id)

    assert vector.get("expected") != DEPARTURES.get(id, ("", ""))[0]


@pytest.mark.parametrize("vector", PHP, ids=ids)
def test_sign_url__is_as_in_the_php_library_where_both_write_alike(vector: dict[str, Any]) -> None:
    assert (sign(vector, keep_filename=True) == vector["expected"]) == (
        vector["id"] in ALIKE_IN_PHP
    )


@pytest.mark.parametrize(
    "vector", [vector for vector in [*JAVASCRIPT, *PHP] if "sig" in vector], ids=ids
)
def test_is_signature_valid__accepts_every_official_signature(vector: dict[str, Any]) -> None:
    target = target_of(vector["expected"])

    assert is_signature_valid(target, [vector["input"]["key"]], now=NOW)


@pytest.mark.parametrize("vector", JAVASCRIPT, ids=ids)
def test_is_signature_valid__accepts_what_we_sign(vector: dict[str, Any]) -> None:
    if vector["id"] not in REFUSED:
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
