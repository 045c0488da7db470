"""Names and values of metadata."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rokka.client.metadata import (
    FIELD_TYPES,
    check_dynamic_name,
    check_user_field,
    write_date,
    write_user_metadata,
)
from django_rokka.exceptions import InvalidName

NAMES = st.from_regex(r"[a-z0-9_]{1,54}", fullmatch=True)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))

INSTANTS = st.datetimes(
    datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(9998, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=ZONES,
)


@given(name=NAMES, kind=st.sampled_from(["", *(f"{kind}:" for kind in FIELD_TYPES)]))
def test_check_user_field__takes_all_that_rokka_documents(name: str, kind: str) -> None:
    check_user_field(kind + name)


@given(text=st.text(max_size=60))
def test_check_user_field__takes_nothing_that_would_change_a_path(text: str) -> None:
    try:
        check_user_field(text)
    except InvalidName:
        return
    assert not set(text) & set("/?#%. \n")


@pytest.mark.parametrize("name", ["subject_area", "Version2"])
def test_check_dynamic_name__takes_letters_digits_and_underscores(name: str) -> None:
    check_dynamic_name(name)


@given(date=INSTANTS)
def test_write_date__is_the_same_instant_in_whole_seconds(date: datetime) -> None:
    text = write_date(date)

    read = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")
    assert (len(text), text[-1]) == (20, "Z")
    assert timedelta(0) <= date - read < timedelta(seconds=1)


def test_write_date__of_a_day_is_its_first_second() -> None:
    assert write_date(date(2017, 1, 2)) == "2017-01-02T00:00:00Z"


def test_write_date__needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="has no time zone: give it one"):
        write_date(datetime(2017, 1, 2))  # noqa: DTZ001 - the claim


def test_write_user_metadata__writes_dates_wherever_they_are() -> None:
    day = date(2017, 1, 2)
    data = {"date:a": day, "array:b": (day, "c"), "int:d": 0, "e": ""}

    assert write_user_metadata(data) == {
        "date:a": "2017-01-02T00:00:00Z",
        "array:b": ["2017-01-02T00:00:00Z", "c"],
        "int:d": 0,
        "e": "",
    }


@pytest.mark.parametrize("value", [True, [False]])
def test_write_user_metadata__takes_no_booleans(value: Any) -> None:
    with pytest.raises(TypeError, match="rokka does not say how it keeps booleans"):
        write_user_metadata({"a": value})


def test_write_user_metadata__takes_none_only_to_delete() -> None:
    assert write_user_metadata({"a": None}, may_delete_fields=True) == {"a": None}
    with pytest.raises(ValueError, match="'a' cannot be None: leave it out"):
        write_user_metadata({"a": None})


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (float("nan"), ValueError, "'double:a' cannot be nan: JSON has no such number"),
        ([float("inf")], ValueError, "'double:a' cannot be inf: JSON has no such number"),
        (Decimal("1.5"), TypeError, r"'double:a' cannot be Decimal\('1.5'\): .* Use a float"),
    ],
)
def test_write_user_metadata__names_the_field_of_what_json_lacks(
    value: Any, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        write_user_metadata({"double:a": value})
