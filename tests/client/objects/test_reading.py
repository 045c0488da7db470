"""Members of rokka's JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rokka.client.objects.reading import (
    read_date,
    read_mapping,
    read_optional_date,
    read_secret,
    read_sequence,
    read_text,
    read_texts,
)

SECRET = "NobodyMaySeeThis"

READERS: dict[str, tuple[Callable[..., object], object, str]] = {
    "read_text": (read_text, [SECRET], "list, not a text"),
    "read_texts": (read_texts, SECRET, "str, not a list"),
    "read_mapping": (read_mapping, SECRET, "str, not an object"),
    "read_sequence": (read_sequence, {"key": SECRET}, "dict, not a list"),
}


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2019-12-10T10:45:32+00:00", 0),
        ("2019-12-10T10:45:32+0000", 0),
        ("2019-12-10T10:45:32Z", 0),
        ("2019-12-10T10:45:32.000Z", 0),
        ("2019-12-10T10:45:32.00Z", 0),
        ("2019-12-10T12:45:32.000000000+0200", 2),
        ("2019-12-10T12:45:32+02:00", 2),
        ("2019-12-10T05:45:32-0500", -5),
    ],
)
def test_date__in_any_of_rokkas_forms_is_aware(text: str, hours: int) -> None:
    date = read_date(text)

    created = datetime(2019, 12, 10, 10, 45, 32, tzinfo=timezone.utc)
    assert (date, date.utcoffset()) == (created, timedelta(hours=hours))


@given(st.datetimes(timezones=st.just(timezone.utc)).map(lambda date: date.replace(microsecond=0)))
def test_date__survives_its_own_form(date: datetime) -> None:
    assert read_date(date.isoformat()) == date


@pytest.mark.parametrize("text", ["yesterday", "2019-12-10T10:45:32", "2019-12-10", ""])
def test_date__without_a_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"has no time zone|Invalid isoformat"):
        read_date(text)


@pytest.mark.parametrize("value", [None, "", {"date": "2017-01-01", "timezone": "UTC"}])
def test_optional_date__that_is_none_is_passed_over(value: object) -> None:
    assert read_optional_date({"created": value}, "created") is None
    assert read_optional_date({}, "created") is None


@pytest.mark.parametrize(
    ("read", "nothing"), [(read_mapping, {}), (read_sequence, ()), (read_texts, ())]
)
@pytest.mark.parametrize("data", [{}, {"it": None}, {"it": []}, {"it": {}}], ids=repr)
def test_member__that_is_absent_or_empty_is_empty(
    read: Callable[..., object], nothing: object, data: dict[str, Any]
) -> None:
    assert read(data, "it") in (nothing, [])


def test_text__that_is_absent_is_a_lookup_error() -> None:
    with pytest.raises(LookupError):
        read_text({}, "hash")


def test_texts__are_made_of_what_is_in_a_list() -> None:
    assert read_texts({"roles": ["read", 3]}, "roles") == ("read", "3")


def test_secret__is_masked() -> None:
    secret = read_secret({"api_key": SECRET}, "api_key")

    assert (secret == SECRET, repr(secret), read_secret({}, "api_key")) == (True, "'********'", "")


@pytest.mark.parametrize(("read", "value", "words"), READERS.values(), ids=READERS)
def test_member__of_another_type_is_refused_without_its_value(
    read: Callable[..., object], value: object, words: str
) -> None:
    with pytest.raises(TypeError) as caught:
        read({"it": value}, "it")

    assert str(caught.value) == f"it is of the type {words}"


@pytest.mark.parametrize(
    ("digits", "microseconds"), [("1", 100_000), ("12", 120_000), ("1234567", 123_456)]
)
def test_date__has_parts_of_a_second_in_any_number_of_digits(
    digits: str, microseconds: int
) -> None:
    assert read_date(f"2019-12-10T10:45:32.{digits}Z").microsecond == microseconds
