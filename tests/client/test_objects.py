"""rokka's JSON as objects."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from django_rokka.client import Alias, SourceImage, Stack

from tests.client.samples import HASH, RECORDED, STACK

CREATED = datetime(2019, 12, 10, 10, 45, 32, tzinfo=timezone.utc)

NEWEST = {
    **RECORDED,
    "protected": True,
    "locked": True,
    "deleted": True,
    "deleted_date": "2023-10-04T15:02:50Z",
    "entropy": 9.01,
    "opaque": True,
    "animated": False,
    "link": f"/sourceimages/acme/{HASH}",
    "user_metadata": {"text:alt": "The lake"},
    "static_metadata": {"video": {"data": {"duration": "00:01:19.34"}}},
    "visual_binaryhash": "abc",
}


def test_source_image__has_every_member() -> None:
    image = SourceImage.from_json(NEWEST)

    assert image == SourceImage(
        hash=HASH,
        short_hash="e55116",
        binary_hash="63a65da81cae86964e3369b4431b80252f9404b0",
        created=CREATED,
        name="schweiz.jpg",
        mimetype="image/svg+xml",
        format="svg",
        size=1202,
        width=104,
        height=97,
        organization="acme",
        link=f"/sourceimages/acme/{HASH}",
        user_metadata={"text:alt": "The lake"},
        dynamic_metadata={"subject_area": {"width": 50, "height": 50, "x": 100, "y": 100}},
        static_metadata={"video": {"data": {"duration": "00:01:19.34"}}},
        entropy=9.01,
        is_opaque=True,
        is_animated=False,
        is_protected=True,
        is_locked=True,
        is_deleted=True,
        deleted_date=datetime(2023, 10, 4, 15, 2, 50, tzinfo=timezone.utc),
    )
    assert image.raw["visual_binaryhash"] == "abc"


def test_source_image__of_2017_lacks_members() -> None:
    absent = {"organization", "dynamic_metadata", "opaque"}
    image = SourceImage.from_json({k: v for k, v in RECORDED.items() if k not in absent})

    assert (image.organization, image.link, image.is_opaque, image.is_protected) == (
        "",
        "",
        None,
        False,
    )
    assert (image.user_metadata, image.dynamic_metadata, image.deleted_date) == ({}, {}, None)


@pytest.mark.parametrize(("sent", "read"), [(0, None), (None, None), ("640", 640), (97, 97)])
def test_source_image__without_a_measured_size_has_none(sent: object, read: int | None) -> None:
    image = SourceImage.from_json({**RECORDED, "width": sent, "height": sent})

    assert (image.width, image.height) == (read, read)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2019-12-10T10:45:32+00:00", 0),
        ("2019-12-10T10:45:32+0000", 0),
        ("2019-12-10T10:45:32Z", 0),
        ("2019-12-10T10:45:32.000Z", 0),
        ("2019-12-10T12:45:32+02:00", 2),
    ],
)
def test_date__in_any_of_rokkas_forms_is_aware(text: str, hours: int) -> None:
    created = SourceImage.from_json({**RECORDED, "created": text}).created

    assert (created, created.utcoffset()) == (CREATED, timedelta(hours=hours))


@pytest.mark.parametrize(
    "members",
    [
        {"hash": None},
        {"created": "yesterday"},
        {"created": "2019-12-10T10:45:32"},
        {"size": "large"},
        {"user_metadata": "text"},
    ],
)
def test_source_image__of_another_form_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        SourceImage.from_json({**RECORDED, **members})


@pytest.mark.parametrize("kind", [SourceImage, Alias, Stack])
def test_object__is_immutable_hashable_and_pickles(
    kind: type[SourceImage] | type[Alias] | type[Stack],
) -> None:
    item = kind.from_json({**STACK, "alias": "logo", **RECORDED})

    assert pickle.loads(pickle.dumps(item)) == item  # noqa: S301 - our own
    assert hash(item) == hash(kind.from_json(item.raw))
    assert "raw" not in repr(item)
    with pytest.raises(FrozenInstanceError):
        item.organization = "other"  # type: ignore[misc]  # that is the claim


def test_stack__reads_the_answers_spelling() -> None:
    assert Stack.from_json(STACK) == Stack(
        name="mystack",
        organization="acme",
        created=datetime(2019, 12, 10, 9, 13, 53, tzinfo=timezone.utc),
        operations=({"name": "resize", "options": {"width": 100, "height": 100}},),
        options={"jpg.quality": 77},
    )


def test_stack__passes_over_a_date_that_is_an_object() -> None:
    stack = Stack.from_json({**STACK, "created": {"date": "2017-01-01", "timezone": "UTC"}})

    assert stack.created is None


def test_alias__reads_its_hash() -> None:
    data = {"alias": "logo", "hash": HASH, "organization": "acme"}

    assert Alias.from_json(data) == Alias(name="logo", hash=HASH, organization="acme")
