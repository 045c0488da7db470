"""Source images, read from JSON."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from django_rokka.client import CopiedImages, SourceImage

from tests.client.samples import HASH, RECORDED

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


def test_copied_images__are_by_what_became_of_them() -> None:
    data = {"created": ["a1"], "existing": ["b2", "c3"], "notfound": ["d4"], "skipped": ["e5"]}

    copied = CopiedImages.from_json(data)

    assert copied == CopiedImages(created=("a1",), existing=("b2", "c3"), not_found=("d4",))
    assert copied.raw == data


def test_copied_images__of_counters_are_refused() -> None:
    with pytest.raises(TypeError, match="created is of the type int, not a list"):
        CopiedImages.from_json({"created": 3})
