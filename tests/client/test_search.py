"""Fields, values and orders of a search."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rokka.client import Prefix, Range, dynamic_field, static_field, user_field
from django_rokka.client.metadata import FIELD_TYPES
from django_rokka.client.search import write_facets, write_search, write_sort
from django_rokka.exceptions import InvalidName

DAY = date(2017, 1, 1)
NOON = datetime(2017, 1, 1, 12, tzinfo=timezone.utc)
NAMES = st.from_regex(r"[a-z0-9_]{1,54}", fullmatch=True)
MEMBERS = st.from_regex(r"[A-Za-z0-9_]{1,54}", fullmatch=True)
TYPES = st.sampled_from(FIELD_TYPES)


class Format(str, Enum):
    PDF = "pdf"


class Size(IntEnum):
    LARGE = 4000


class Ratio(float, Enum):
    WIDE = 1.5


RANGE = re.compile(r"[\[{]([^,]*),([^,]*)[\]}]")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("jpg", "jpg"),
        ('Ä "b" & c=d+e %41 #f', 'Ä "b" & c=d+e %41 #f'),
        ("a*b", "a*b"),
        ("[draft] lake", "[draft] lake"),
        ("47.38,8.52", "47.38,8.52"),
        (0, "0"),
        (-3, "-3"),
        (0.5, "0.5"),
        (DAY, "2017-01-01T00:00:00Z"),
        (NOON, "2017-01-01T12:00:00Z"),
        (Format.PDF, "pdf"),
        (Size.LARGE, "4000"),
        (Ratio.WIDE, "1.5"),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+3"), "1000"),
        (Range(Size.LARGE, Decimal("5000.5")), "[4000,5000.5]"),
        (Prefix("plan"), "plan*"),
        (Range(30000, 40000), "[30000,40000]"),
        (Range(1, 2, includes_minimum=False, includes_maximum=False), "{1,2}"),
        (Range(1, 2, includes_maximum=False), "[1,2}"),
        (Range(1, 2, includes_minimum=False), "{1,2]"),
        (Range(30000), "[30000,}"),
        (Range(30000, includes_minimum=False), "{30000,}"),
        (Range(maximum=0), "{,0]"),
        (Range(DAY), "['2017-01-01T00:00:00Z',}"),
        (Range(maximum=NOON), "{,'2017-01-01T12:00:00Z']"),
        (Range("a", "m"), "[a,m]"),
    ],
)
def test_write_search__writes_each_value_as_rokka_reads_it(value: Any, text: str) -> None:
    assert write_search({"name": value}) == {"name": text}


@pytest.mark.parametrize("search", [None, {}])
def test_write_search__of_nothing_is_nothing(search: dict[str, Any] | None) -> None:
    assert write_search(search) == {}


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        ("plan*", ValueError, r"use Prefix\('plan'\)"),
        ("*", ValueError, "use Prefix"),
        ("[1,2]", ValueError, r"use Range\(minimum, maximum\)"),
        ("{1,2}", ValueError, r"use Range\(minimum, maximum\)"),
        ("[a]", ValueError, r"use Range\(minimum, maximum\)"),
        ("", ValueError, "'name' cannot be compared with an empty text"),
        (True, TypeError, "True cannot be searched for"),
        (Decimal("NaN"), ValueError, "cannot be searched for"),
        (float("nan"), ValueError, "nan cannot be searched for"),
        (float("inf"), ValueError, "None is the open end of a Range"),
        (datetime(2017, 1, 1), ValueError, "has no time zone"),  # noqa: DTZ001 - the claim
        (None, TypeError, "None cannot be searched for: use a text"),
        (["a"], TypeError, "cannot be searched for: use a text"),
    ],
)
def test_write_search__refuses_what_would_be_read_otherwise(
    value: Any, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        write_search({"name": value})


@given(text=st.text(min_size=1))
def test_write_search__of_a_text_is_that_text_or_an_error(text: str) -> None:
    is_special = text.endswith("*") or (text[0] in "[{" and text[-1] in "]}" and len(text) > 1)
    try:
        written = write_search({"name": text})
    except ValueError:
        assert is_special
    else:
        assert written == {"name": text}
        assert not is_special


@given(
    minimum=st.none() | st.integers(),
    maximum=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    includes=st.tuples(st.booleans(), st.booleans()),
)
def test_range__of_numbers_can_be_read_again(
    minimum: int | None, maximum: float | None, includes: tuple[bool, bool]
) -> None:
    includes_minimum, includes_maximum = includes
    if minimum is None and maximum is None:
        return
    text = str(
        Range(
            minimum,
            maximum,
            includes_minimum=includes_minimum,
            includes_maximum=includes_maximum,
        )
    )

    match = RANGE.fullmatch(text)
    assert match is not None
    assert (int(match[1]) if match[1] else None) == minimum
    assert (float(match[2]) if match[2] else None) == maximum
    assert (text[0] == "[") is (includes_minimum and minimum is not None)
    assert (text[-1] == "]") is (includes_maximum and maximum is not None)


@given(text=st.text())
def test_range__of_texts_keeps_its_two_ends(text: str) -> None:
    try:
        written = str(Range(text, text))
    except ValueError:
        assert not text or text != text.strip() or set(text) & set(",'*[]{}")
    else:
        assert RANGE.fullmatch(written) is not None
        assert written == f"[{text},{text}]"


def test_range__needs_an_end() -> None:
    with pytest.raises(ValueError, match="This range has no end: give it a minimum"):
        Range()


@pytest.mark.parametrize("end", [True, float("inf"), "a,b", "", " a", "a]", "it's"])
def test_range__needs_ends_that_can_be_written(end: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Range(end)
    with pytest.raises((TypeError, ValueError)):
        Range(maximum=end)


@pytest.mark.parametrize("text", ["", "*", "plan*"])
def test_prefix__needs_the_beginning_alone(text: str) -> None:
    with pytest.raises(ValueError, match="is no beginning: give the characters"):
        Prefix(text)


def test_fields__are_written_as_rokka_names_them() -> None:
    assert user_field("place") == "user:place"
    assert user_field("id", type="int") == "user:int:id"
    assert dynamic_field("version", "text") == "dynamic:str:version:text"
    assert static_field("video", "duration", type="int") == "static:int:video:duration"


@given(name=NAMES, member=MEMBERS, kind=TYPES)
def test_fields__can_be_searched_sorted_and_counted(name: str, member: str, kind: str) -> None:
    for field in (
        user_field(name),
        user_field(name, type=kind),
        dynamic_field(member, member, type=kind),
        static_field(member, member, type=kind),
    ):
        assert write_search({field: 1}) == {field: "1"}
        assert write_sort([field, f"-{field}"]) == f"{field} asc,{field} desc"
        assert write_facets([field]) == field


@pytest.mark.parametrize(
    "name", ["hash", "short_hash", "binaryhash", "created", "name_text", "deletedDate", "opaque"]
)
def test_fields__of_rokka_are_taken(name: str) -> None:
    assert write_search({name: 1}) == {name: "1"}


@pytest.mark.parametrize(
    "name",
    [
        *("limit", "offset", "sort", "operator", "facets", "deleted"),
        *("", "Name", "name\n", "a" * 55, "a b", "created desc", "int:id", "user:", "user:bool:a"),
        *("user:int:A", "dynamic:version:text", "dynamic:str:version", "static:str:a:b:c"),
    ],
)
def test_fields__that_are_none_are_refused(name: str) -> None:
    for write in (lambda: write_search({name: 1}), lambda: write_facets([name])):
        with pytest.raises(InvalidName, match="is no field of a search"):
            write()


@given(text=st.text())
def test_fields__never_end_one_parameter_and_begin_another(text: str) -> None:
    try:
        write_search({text: 1})
    except InvalidName:
        return
    assert not set(text) & set(", &=*[]{}'\n")


@pytest.mark.parametrize("type", ["bool", "INT"])
def test_fields__have_a_type_of_rokkas(type: str) -> None:
    with pytest.raises(InvalidName, match="Types are array, array_text, date"):
        user_field("id", type=type)


@pytest.mark.parametrize(
    ("sort", "text"),
    [
        ((), ""),
        ("created", "created asc"),
        ("-created", "created desc"),
        (["-created", "size", "-user:int:id"], "created desc,size asc,user:int:id desc"),
    ],
)
def test_write_sort__always_writes_the_direction(sort: Any, text: str) -> None:
    assert write_sort(sort) == text


@pytest.mark.parametrize(
    ("sort", "meant"), [("created desc", "-created"), ("user:int:id asc", "user:int:id")]
)
def test_write_sort__names_what_rokkas_own_form_means(sort: str, meant: str) -> None:
    with pytest.raises(InvalidName, match=f"is no field to sort by: write '{meant}'"):
        write_sort(sort)


def test_write_sort__takes_one_minus() -> None:
    with pytest.raises(InvalidName):
        write_sort("--created")
