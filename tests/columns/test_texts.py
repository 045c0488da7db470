"""Hashes in texts of any kind."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rokka.columns.texts import as_text, find_mentioned, match_prefixes

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"


@pytest.mark.parametrize(
    "text",
    [
        HASH,
        f"{HASH}/1600x900/lake.png",
        f'<img src="https://demo.rokka.io/content/{HASH}/lake.jpg">',
        f"https://demo.rokka.io/content/o-af-1/{HASH}.jpg",
        f"/images?src=https%3A%2F%2Fdemo.rokka.io%2Fcontent%2F{HASH}%2Flake.jpg",
        f"?hash%3d{HASH}",
        json.dumps(f"\b{HASH}\f"),
        rf"https:\/\/demo.rokka.io\/content\/{HASH}\/lake.jpg",
        rf"content\u002F{HASH}\u002Flake.jpg",
        json.dumps({"image": f"{HASH}/lake.jpg"}),
        f"[image:{HASH}]",
        f"ö{HASH}ö",
        f"g{HASH}_",
        HASH.upper(),
        f"https%253A%252F%252Fdemo.rokka.io%252Fthumb%252F{HASH}%252Flake.png",
        f"thumb=2F{HASH}=2Flake.png",
        f"{HASH}0",
        f"a{HASH}",
        "0" * 1000 + HASH,
        HASH + "f" * 1000,
    ],
)
def test_whole_hash__is_found_wherever_it_stands(text: str) -> None:
    assert HASH in find_mentioned(text).hashes


@pytest.mark.parametrize("text", [HASH[:-1], f"{HASH[:20]} {HASH[20:]}", ""])
def test_whole_hash__has_forty_digits_in_a_row(text: str) -> None:
    assert find_mentioned(text).hashes == set()


def test_whole_hash__is_any_part_of_more_digits() -> None:
    assert find_mentioned(f"a{HASH}b").hashes == {f"a{HASH[:-1]}", HASH, f"{HASH[1:]}b"}


def test_data__of_many_digits_name_no_more_than_a_few() -> None:
    assert len(find_mentioned("0123456789abcdef" * 100_000).hashes) <= 178
    assert find_mentioned("0" * 200 + HASH + "0" * 200).hashes == {"0" * 40}


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("https://demo.rokka.io/content/c421f4.jpg", "c421f4"),
        ("https://demo.rokka.io/content/c421f4e8/lake.jpg", "c421f4e8"),
        (r"https:\/\/demo.rokka.io\/content\/c421f4e8\/lake.jpg", "c421f4e8"),
        ("https%3A%2F%2Fdemo.rokka.io%2Fcontent%2Fc421f4%2Flake.jpg", "c421f4"),
        (f"/content/{HASH[:39]}.png", HASH[:39]),
        ("https%253A%252F%252Fdemo.rokka.io%252Fcontent%252FC421F4E8%252Flake.jpg", "c421f4e8"),
        ("content=2Fc421f4=2Flake.jpg", "c421f4"),
    ],
)
def test_short_hash__is_found_in_a_url(text: str, prefix: str) -> None:
    assert find_mentioned(text).prefixes == {prefix}


@pytest.mark.parametrize(
    "text", ["c421f4", "#c421f4", "/c421f", "/c421f.jpg", "/c421f4 ", f"/{HASH}.jpg"]
)
def test_short_hash__is_none_outside_of_a_url(text: str) -> None:
    assert find_mentioned(text).prefixes == set()


@given(before=st.text(), after=st.text())
def test_whole_hash__is_found_between_any_texts(before: str, after: str) -> None:
    text = f"{before[-80:]}{HASH}{after[:80]}"
    assert HASH in find_mentioned(text).hashes
    assert HASH in find_mentioned(as_text([text, {"key": text}])).hashes


def test_text__of_json_takes_what_json_does_not_know() -> None:
    value = {"price": Decimal("1.5"), "day": date(2026, 1, 2), "other": {HASH}}
    assert find_mentioned(as_text(value)).hashes == {HASH}
    assert as_text("as it is") == "as it is"


def test_prefixes__match_what_begins_with_them() -> None:
    hashes = [HASH, "d" * 40, "c421f4" + "0" * 34]
    assert sorted(match_prefixes(hashes, {"c421f4e", "dddddddd"})) == sorted([HASH, "d" * 40])
    assert list(match_prefixes(hashes, set())) == []
