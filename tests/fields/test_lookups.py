"""Asking for rows by the hash of their image, and by its alias."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.testapp.models import Album, AlbumPage, Brand, Photo

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
OTHER = "c421f4e8cefe0fd3aab22832f51e85bacda0a47b"
NAMES = (
    HASH,
    f"{HASH}.jpg",
    f"{HASH}/lake.jpg",
    f"{HASH}/40x30/lake.png",
    f"{HASH}/-_name_-/protected/40x30/lake.png",
)


def find(**lookups: Any) -> set[str]:
    return {photo.image.name or "" for photo in Photo.objects.filter(**lookups)}


@pytest.mark.django_db
@pytest.mark.smoke
def test_hash__finds_every_form_of_the_image_and_no_other() -> None:
    others = (f"{OTHER}/40x30/lake.png", f"{HASH[:39]}.jpg", f"a{HASH}", "holiday.jpg", "")
    Photo.objects.bulk_create(Photo(image=name) for name in (*NAMES, *others))
    assert find(image__hash=HASH) == set(NAMES)
    assert find(image__hash__in=[HASH]) == set(NAMES)
    assert find(image__hash__in=[HASH, OTHER]) == {*NAMES, others[0]}
    assert find(image__hash__in=[]) == set()
    assert Photo.objects.exclude(image__hash=HASH).count() == len(others)


@pytest.mark.django_db
def test_hash__is_found_through_relations_and_in_values() -> None:
    album = Album.objects.create(title="Lakes", cover=NAMES[3])
    AlbumPage.objects.create(album=album, picture=f"{OTHER}.jpg")
    assert AlbumPage.objects.get(album__cover__hash=HASH).album == album
    assert Album.objects.get(albumpage__picture__hash=OTHER) == album
    assert Album.objects.values_list("cover__hash", flat=True).get() == HASH


@pytest.mark.django_db
def test_hash__compares_with_another_column() -> None:
    album = Album.objects.create(title="Lakes", cover=NAMES[3])
    AlbumPage.objects.create(album=album, picture=f"{HASH}.jpg")
    AlbumPage.objects.create(album=album, picture=f"{OTHER}.jpg")
    rows = AlbumPage.objects.filter(picture__hash=F("album__cover__hash"))
    assert rows.get().picture == f"{HASH}.jpg"
    hashes = Album.objects.values("cover__hash")
    assert AlbumPage.objects.get(picture__hash__in=hashes).picture == f"{HASH}.jpg"


@pytest.mark.parametrize("value", ["c421f4", HASH.upper(), f"{HASH}.jpg", f"{HASH}0", "", 7])
def test_hash__refuses_what_is_no_whole_hash(value: Any) -> None:
    with pytest.raises(ValueError, match="no hash of an image: write all 40"):
        Photo.objects.filter(image__hash=value)
    with pytest.raises(ValueError, match="no hash of an image: write all 40"):
        Photo.objects.filter(image__hash__in=[HASH, value])


@pytest.mark.django_db
def test_hash__is_served_by_an_index() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the planner of a server needs many rows to prefer an index")
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX of_images ON testapp_photo (image)")
    try:
        assert "of_images" in Photo.objects.filter(image__hash=HASH).explain()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX of_images")


@pytest.mark.django_db
@pytest.mark.smoke
def test_alias__finds_its_segment_alone_and_minds_the_case() -> None:
    names = {
        name: f"{HASH}/-_{name}_-/40x30/{slug}.png"
        for name, slug in (("Logo", "a"), ("logo", "logo"), ("l_go", "b"), ("logo_", "c"))
    }
    Photo.objects.bulk_create(Photo(image=text) for text in names.values())
    Photo.objects.create(image=f"{HASH}/40x30/logo.png")
    for name, text in names.items():
        assert Photo.objects.get(image__alias=name).image == text
    assert not Photo.objects.filter(image__alias="LOGO").exists()


@pytest.mark.parametrize("value", [None, 7, F("name")])
def test_alias__refuses_what_is_no_text(value: Any) -> None:
    with pytest.raises(ValueError, match=r"is no alias name: write a text\."):
        Brand.objects.filter(logo__alias=value)


alias_names = st.text("aAbB_1", min_size=1, max_size=6)


class AliasLookupTest(TestCase):
    @given(stored=alias_names, asked=alias_names)
    @example(stored="a_b", asked="aab")
    @example(stored="a", asked="_")
    @example(stored="a_", asked="a")
    @example(stored="_a", asked="a")
    def test_alias__never_matches_another_name(self, stored: str, asked: str) -> None:
        Photo.objects.all().delete()
        Photo.objects.bulk_create([Photo(image=f"{HASH}/-_{stored}_-/4x3/lake.png")])
        assert Photo.objects.filter(image__alias=asked).exists() == (stored == asked)


def test_alias__is_compared_as_bytes_by_mysql() -> None:
    query = Brand.objects.filter(logo__alias="brand_7_logo").query
    (lookup,) = query.where.children
    compiler = query.get_compiler("default")
    sql, parameters = lookup.as_mysql(compiler, connection)
    assert sql.startswith("BINARY ")
    assert parameters == lookup.as_sql(compiler, connection)[1]


def test_hash__is_the_beginning_of_a_text_where_no_database_knows_better() -> None:
    query = Brand.objects.filter(logo__hash="a" * 40).query
    (lookup,) = query.where.children
    sql, parameters = lookup.as_sql(query.get_compiler("default"), connection)
    assert sql.endswith(" LIKE %s")
    assert list(parameters) == ["a" * 40 + "%"]
