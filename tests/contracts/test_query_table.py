"""What each action on a row costs: no call to rokka, and no query that a text column needs not.

The actions are those at which Django's own ``ImageField`` opens files or asks the database once
more: see "hidden network calls" in the pains of other image packages.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.core import serializers
from django.db import connection, models
from django.db.models import Q
from django.forms import ModelForm, model_to_dict, modelform_factory
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext

from django_rokka.fields import RokkaFieldFile
from django_rokka.testing import assert_no_rokka_calls

from tests.testapp.models import Album, AlbumPage, Caption, Photo

pytestmark = pytest.mark.django_db

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
OTHER_HASH = "d421f4e8cefe0fd3aab22832f51e85bacda0a47b"
REFERENCE = f"{HASH}/1600x900/the-lake.png"
COUNT = 3


class Rows(NamedTuple):
    """Rows of a model, and in which column the image stands."""

    model: type[models.Model]
    name: str
    size: str = ""

    @property
    def all(self) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = self.model._default_manager.order_by("pk")
        return rows

    def read(self, row: Any) -> Any:
        return getattr(row, self.name)

    def assign(self, row: Any, value: Any) -> None:
        setattr(row, self.name, value)


def make(model: type[models.Model], name: str, **others: Any) -> None:
    manager = model._default_manager
    manager.bulk_create(model(title=f"{n}", **{name: REFERENCE}) for n in range(COUNT))
    manager.update(**others)


MAKERS: dict[str, Callable[[], Rows]] = {}


def made_by(label: str) -> Callable[[Callable[[], Rows]], Callable[[], Rows]]:
    def add(maker: Callable[[], Rows]) -> Callable[[], Rows]:
        MAKERS[label] = maker
        return maker

    return add


@made_by("sizes in columns")
def _() -> Rows:
    make(Photo, "image", image_width=1600, image_height=900)
    return Rows(Photo, "image", "image_width")


@made_by("columns of the size are NULL")
def _() -> Rows:
    make(Photo, "image", image_width=None, image_height=None)
    return Rows(Photo, "image", "image_width")


@made_by("columns of the size are 0")
def _() -> Rows:
    make(Photo, "image", image_width=0, image_height=0)
    return Rows(Photo, "image", "image_width")


@made_by("no columns for the size")
def _() -> Rows:
    make(Album, "cover")
    return Rows(Album, "cover")


def load(rows: Rows) -> None:
    assert len(list(rows.all)) == COUNT


def iterate(rows: Rows) -> None:
    assert len(list(rows.all.iterator(chunk_size=2))) == COUNT


def touch(rows: Rows) -> None:
    for row in rows.all:
        assert rows.read(row)


def read_everything(rows: Rows) -> None:
    for row in rows.all:
        image = rows.read(row)
        assert str(image) == REFERENCE
        if isinstance(image, RokkaFieldFile):
            assert (image.width, image.height) == (1600, 900)
            assert HASH in image.url
            assert repr(image)
            assert hash(image)


def read_size_column(rows: Rows) -> None:
    for row in rows.all:
        if rows.size:
            getattr(row, rows.size)


def refresh(rows: Rows) -> None:
    for row in rows.all:
        row.refresh_from_db()
        assert rows.read(row)


def refresh_image(rows: Rows) -> None:
    for row in rows.all:
        row.refresh_from_db(fields=[rows.name])
        assert rows.read(row)


def assign_same_text(rows: Rows) -> None:
    for row in rows.all:
        rows.assign(row, str(rows.read(row)))
        assert rows.read(row)


def assign_same_value(rows: Rows) -> None:
    for row in rows.all:
        rows.assign(row, rows.read(row))
        assert rows.read(row)


def assign_hash(rows: Rows) -> None:
    for row in rows.all:
        rows.assign(row, OTHER_HASH)
        assert rows.read(row) == OTHER_HASH


def assign_nothing(rows: Rows) -> None:
    for row in rows.all:
        rows.assign(row, "")
        assert not rows.read(row)


def only_image(rows: Rows) -> None:
    for row in rows.all.only(rows.name):
        assert rows.read(row)


def only_other(rows: Rows) -> None:
    for row in rows.all.only("title"):
        assert row.title


def defer_image(rows: Rows) -> None:
    for row in rows.all.defer(rows.name):
        assert row.title


def defer_image_and_read_it(rows: Rows) -> None:
    for row in rows.all.defer(rows.name):
        assert rows.read(row)


def defer_size(rows: Rows) -> None:
    for row in rows.all.defer(*([rows.size] if rows.size else [])):
        assert rows.read(row)


def read_values(rows: Rows) -> None:
    assert [row[rows.name] for row in rows.all.values(rows.name)] == [REFERENCE] * COUNT
    assert list(rows.all.values_list(rows.name, flat=True)) == [REFERENCE] * COUNT


def look_up(rows: Rows) -> None:
    for lookup in ("", "__exact", "__contains", "__startswith", "__isnull"):
        value = False if lookup == "__isnull" else REFERENCE
        assert rows.all.filter(Q(**{f"{rows.name}{lookup}": value})).count() == COUNT
    assert not rows.all.filter(**{rows.name: ""}).exists()


def fetch_by_keys(rows: Rows) -> None:
    assert all(rows.read(row) for row in rows.model._default_manager.in_bulk().values())


def copy_rows(rows: Rows) -> None:
    for row in rows.all:
        for other in (copy.copy(row), copy.deepcopy(row), pickle.loads(pickle.dumps(row))):  # noqa: S301  # our own
            assert rows.read(other) == REFERENCE


def serialize(rows: Rows) -> None:
    text = serializers.serialize("json", rows.all)
    loaded = list(serializers.deserialize("json", text))
    assert [rows.read(found.object) for found in loaded] == [REFERENCE] * COUNT


def compare(rows: Rows) -> None:
    first, *others = (rows.read(row) for row in rows.all)
    assert all(first == other for other in others)


def clean(rows: Rows) -> None:
    for row in rows.all:
        row.full_clean(validate_unique=False, validate_constraints=False)


def save(rows: Rows) -> None:
    for row in rows.all:
        row.save()


def save_one_column(rows: Rows) -> None:
    for row in rows.all:
        row.save(update_fields=["title"])


def save_without_image(rows: Rows) -> None:
    for row in rows.all.defer(rows.name):
        row.save()


def update_text(rows: Rows) -> None:
    assert rows.all.update(**{rows.name: f"{OTHER_HASH}/1x1/a.png"}) == COUNT


def update_bulk(rows: Rows) -> None:
    found = list(rows.all)
    for row in found:
        rows.assign(row, f"{OTHER_HASH}/1x1/a.png")
    rows.model._default_manager.bulk_update(found, [rows.name])


def make_dict(rows: Rows) -> None:
    assert [model_to_dict(row)[rows.name] for row in rows.all] == [REFERENCE] * COUNT


def write_page(rows: Rows) -> None:
    template = Template("{% for row in rows %}{{ row }} {{ row." + rows.name + " }}{% endfor %}")
    assert template.render(Context({"rows": rows.all})).count(REFERENCE) >= COUNT


def write_form(rows: Rows) -> None:
    form_class: type[ModelForm[Any]] = modelform_factory(rows.model, fields=["title", rows.name])
    for row in rows.all:
        assert HASH[:7] in str(form_class(instance=row))


ACTIONS = {
    "loading rows": load,
    "loading rows by an iterator": iterate,
    "touching the value": touch,
    "width, height, URL and texts": read_everything,
    "the column of the width": read_size_column,
    "refresh_from_db()": refresh,
    "refresh_from_db() of the image alone": refresh_image,
    "assigning the same text again": assign_same_text,
    "assigning the value itself": assign_same_value,
    "assigning a bare hash": assign_hash,
    "assigning nothing": assign_nothing,
    "only() the image": only_image,
    "only() another column": only_other,
    "defer() the image": defer_image,
    "defer() the image and then reading it": defer_image_and_read_it,
    "defer() the width": defer_size,
    "values() and values_list()": read_values,
    "lookups": look_up,
    "in_bulk()": fetch_by_keys,
    "copying and pickling": copy_rows,
    "writing and reading a fixture": serialize,
    "comparing": compare,
    "full_clean()": clean,
    "save() without a change": save,
    "save() of another column": save_one_column,
    "save() of a row without its image": save_without_image,
    "update() with a text": update_text,
    "bulk_update() with texts": update_bulk,
    "model_to_dict()": make_dict,
    "a page that shows the column": write_page,
    "a form that shows the row": write_form,
}


@pytest.fixture(params=list(MAKERS.values()), ids=list(MAKERS))
def rows(request: pytest.FixtureRequest) -> Rows:
    made: Rows = request.param()
    return made


@pytest.fixture
def texts() -> Rows:
    make(Caption, "image", image_width=1600, image_height=900)
    return Rows(Caption, "image", "image_width")


@pytest.mark.parametrize("act", list(ACTIONS.values()), ids=list(ACTIONS))
def test_no_call_and_no_extra_query__for(
    act: Callable[[Rows], None], rows: Rows, texts: Rows
) -> None:
    with CaptureQueriesContext(connection) as expected:
        act(texts)
    with assert_no_rokka_calls(), CaptureQueriesContext(connection) as queries:
        act(rows)
    assert len(queries) == len(expected), [query["sql"] for query in queries]


def test_no_call_and_no_extra_query__for_rows_of_a_relation() -> None:
    album = Album.objects.create(title="Lakes", cover=REFERENCE)
    AlbumPage.objects.bulk_create(AlbumPage(album=album, picture=REFERENCE) for _ in range(COUNT))
    with assert_no_rokka_calls(), CaptureQueriesContext(connection) as queries:
        pages = list(AlbumPage.objects.select_related("album"))
        assert {(str(page.picture), str(page.album.cover)) for page in pages} == {
            (REFERENCE, REFERENCE)
        }
        assert all(page.album.cover.width == page.picture.width == 1600 for page in pages)
    assert len(queries) == 1
    with assert_no_rokka_calls(), CaptureQueriesContext(connection) as queries:
        (found,) = Album.objects.prefetch_related("albumpage_set")
        assert [page.picture.height for page in found.albumpage_set.all()] == [900] * COUNT
    assert len(queries) == 2
