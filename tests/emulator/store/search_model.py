"""Searches as they are meant: a walk through all images, without an index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple

from django_rokka.emulator.store import StoredImage, image_hash

from tests.emulator.store.test_source_images import image

NUMBERS = (-1, 0, 1, 2, 3)
RATES = (-0.5, 0.0, 1, 1.5, 2.25)
STRINGS = ("", "lake", "lakeside", "Lake.jpg", "sea", "été", "\U0010ffff", "s*")
BEGINNINGS = ("", "l", "lake", "Lake", "\U0010ffff", "é")
WORDS = ("lake", "Lakes", "snow", "ÉTÉ", "7")
DAYS = tuple(f"2026-03-0{day}T12:00:00Z" for day in range(1, 6))
TEXT_FIELDS = ("name_text", "user:text:about", "user:array_text:notes")
FIELDS: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("width", "height", "user:int:number"), NUMBERS),
    **dict.fromkeys(("dynamic:int:subject_area:x", "static:int:exif:speed"), NUMBERS),
    **dict.fromkeys(("name", "user:place", "user:array:labels"), STRINGS),
    **dict.fromkeys(("dynamic:str:version:text",), STRINGS),
    **dict.fromkeys(("created", "deletedDate", "user:date:day"), DAYS),
    "user:double:rate": RATES,
}
"""Fields that are no texts, and the values they have."""


class Entry(NamedTuple):
    """An image as searches see it, later ones with a higher number."""

    number: int
    hash: str
    values: dict[str, list[Any]]

    def first(self, field: str, *, is_descending: bool) -> Any:
        """Return the value that decides about the order."""
        return (max if is_descending else min)(self.values[field])


class Asked(NamedTuple):
    """A condition as a request has it, and whether it holds for the values of an image."""

    field: str
    text: str
    holds: Callable[[list[Any]], bool]


class Question(NamedTuple):
    """A search."""

    asked: list[Asked]
    is_any: bool
    deleted_since: str | None
    keys: list[tuple[str, bool]]

    @property
    def sort(self) -> str:
        """The order as a request has it."""
        return ",".join(f"{field} {'desc' if falls else 'asc'}" for field, falls in self.keys)

    def answer(self, entries: Iterable[Entry]) -> list[Entry]:
        """Find images, in order."""
        found = sorted(filter(self._matches, entries), key=lambda entry: -entry.number)
        for field, is_descending in reversed(self.keys or [("created", True)]):
            there = [entry for entry in found if entry.values.get(field)]
            missing = [entry for entry in found if not entry.values.get(field)]
            decisive = {it.hash: it.first(field, is_descending=is_descending) for it in there}
            there.sort(key=lambda it: decisive[it.hash], reverse=is_descending)
            found = [*there, *missing]
        return found

    def _matches(self, entry: Entry) -> bool:
        deleted = entry.values["deletedDate"]
        if bool(deleted) != (self.deleted_since is not None):
            return False
        if self.deleted_since is not None and _with_offset(deleted[0]) < self.deleted_since:
            return False
        holds = (it.holds(entry.values.get(it.field, [])) for it in self.asked)
        return not self.asked or (any if self.is_any else all)(holds)


def count_values(entries: Iterable[Entry], field: str) -> list[dict[str, Any]]:
    """Count the values of a field, the most frequent first."""
    counted = Counter(value for entry in entries for value in entry.values.get(field, []))
    order = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"value": value, "count": number} for value, number in order]


def make_question(random: Random) -> Question:
    """Ask something."""
    return Question(
        asked=[make_condition(random) for _ in range(random.choice((0, 1, 1, 2, 3)))],
        is_any=random.random() < 0.3,
        deleted_since=random.choice((None, None, None, "", _with_offset(DAYS[2]))),
        keys=[
            (random.choice(list(FIELDS)), random.random() < 0.5)
            for _ in range(random.choice((0, 0, 1, 2)))
        ],
    )


def make_condition(random: Random) -> Asked:
    """Ask for words, a range, a beginning or a whole value."""
    if random.random() < 0.3:
        return _ask_for_words(random.choice(TEXT_FIELDS), random)
    field = random.choice(list(FIELDS))
    values = FIELDS[field]
    form = random.random()
    if form < 0.5:
        return _ask_for_range(field, random)
    if form < 0.7 and values is STRINGS:
        start = random.choice(BEGINNINGS)
        return Asked(field, f"{start}*", lambda found: any(it.startswith(start) for it in found))
    # With a star at the end it would be a beginning.
    value = random.choice([it for it in values if it != "s*"])
    return Asked(field, str(value), lambda found: value in found)


def _ask_for_words(field: str, random: Random) -> Asked:
    whole = random.choices(WORDS, k=random.choice((1, 1, 2)))
    start = random.choice(("", "", "LA", "7"))

    def holds(found: list[str]) -> bool:
        has_start = not start or any(it.startswith(start.casefold()) for it in found)
        return {it.casefold() for it in whole} <= set(found) and has_start

    return Asked(field, " ".join([*whole, f"{start}*" if start else ""]).strip(), holds)


def _ask_for_range(field: str, random: Random) -> Asked:
    # An empty string is an open end.
    low, high = (random.choice(("", *FIELDS[field])) for _ in range(2))
    opening, closing = random.choice("[{"), random.choice("]}")

    def is_between(value: Any) -> bool:
        is_above = low == "" or value > low or (opening == "[" and value == low)
        return is_above and (high == "" or value < high or (closing == "]" and value == high))

    quote = "'" if FIELDS[field] is DAYS else ""
    ends = ",".join(f"{quote}{end}{quote}" if end != "" else "" for end in (low, high))
    return Asked(field, f"{opening}{ends}{closing}", lambda found: any(map(is_between, found)))


def make_image(random: Random, *, organization: str, number: int) -> StoredImage:
    """Make an image that is found by some fields of every kind."""
    return replace(
        image(image_hash(f"{organization} {number}", dynamic_metadata={}), organization),
        width=random.choice(NUMBERS),
        height=random.choice(NUMBERS),
        name=random.choice((random.choice(STRINGS), _make_text(random))),
        created=_with_offset(random.choice(DAYS)),
        **make_metadata(random),
    )


def make_changes(random: Random) -> dict[str, Any]:
    """Make changes to an image, often none; some are deleted."""
    changes = make_metadata(random) if random.random() < 0.3 else {}
    if random.random() < 0.25:
        changes["deleted"] = _with_offset(random.choice(DAYS))
    return changes


def make_metadata(random: Random) -> dict[str, Any]:
    """Make metadata with some of all fields."""
    user = {
        "int:number": random.choice(NUMBERS),
        "double:rate": random.choice(RATES),
        "place": random.choice(STRINGS),
        "array:labels": random.choices(STRINGS, k=random.randrange(4)),
        "date:day": random.choice(DAYS),
        "text:about": _make_text(random),
        "array_text:notes": [_make_text(random) for _ in range(random.randrange(3))],
    }
    dynamic = {
        "subject_area": {"x": random.choice(NUMBERS)},
        "version": {"text": random.choice(STRINGS)},
    }
    return {
        "user_metadata": _some(user, random),
        "dynamic_metadata": _some(dynamic, random),
        "static_metadata": _some({"exif": {"data": {"speed": random.choice(NUMBERS)}}}, random),
    }


def make_entry(stored: StoredImage, number: int) -> Entry:
    """Take the values of all fields out of an image."""
    user = {f"user:{key}": value for key, value in stored.user_metadata.items()}
    found = {
        "width": stored.width,
        "height": stored.height,
        "name": stored.name,
        "name_text": stored.name,
        "created": _without_offset(stored.created),
        "deletedDate": _without_offset(stored.deleted) if stored.deleted else [],
        **user,
    }
    for field, name, member in (
        ("dynamic:int:subject_area:x", "subject_area", "x"),
        ("dynamic:str:version:text", "version", "text"),
    ):
        if name in stored.dynamic_metadata:
            found[field] = stored.dynamic_metadata[name][member]
    if "exif" in stored.static_metadata:
        found["static:int:exif:speed"] = stored.static_metadata["exif"]["data"]["speed"]
    values = {
        field: list(dict.fromkeys(value)) if isinstance(value, list) else [value]
        for field, value in found.items()
    }
    for field in TEXT_FIELDS:
        values[field] = [word for text in values.get(field, []) for word in _words(text)]
    return Entry(number, stored.hash, values)


def _words(text: str) -> list[str]:
    return "".join(it if it.isalnum() else " " for it in text).casefold().split()


def _make_text(random: Random) -> str:
    return random.choice(" -_").join(random.choices(WORDS, k=random.randrange(4)))


def _some(values: dict[str, Any], random: Random) -> dict[str, Any]:
    return {name: value for name, value in values.items() if random.random() < 0.6}


def _with_offset(day: str) -> str:
    return day.replace("Z", "+00:00")


def _without_offset(day: str) -> str:
    return day.replace("+00:00", "Z")
