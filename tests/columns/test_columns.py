"""Columns that may name images: which there are, what stands in them, what refers to a hash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage, storages
from django.db import OperationalError, connection, models
from django.test.utils import CaptureQueriesContext, isolate_apps
from pytest_django import Settings

from django_rokka.columns import (
    Column,
    discovery,
    find_referenced,
    get_image_fields,
    iter_columns,
    register_column,
    register_images,
    registration,
)
from django_rokka.fields import RokkaImage
from django_rokka.models import Alias
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests.testapp import scanned
from tests.testapp.models import Album, Photo, Plain
from tests.testapp.scanned import AlbumRecord, Article, HiddenPhoto, Seat, Venue

pytestmark = pytest.mark.django_db

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
OTHER = "d" * 40
REFERENCE = f"{HASH}/40x30/lake.png"


@pytest.fixture(autouse=True)
def _no_network(rokka: RokkaStorage) -> Iterator[None]:
    with assert_no_rokka_calls():
        yield


@pytest.fixture
def default_photo() -> Iterator[None]:
    scanned.default_photos.append(REFERENCE)
    yield
    scanned.default_photos.clear()


@pytest.fixture
def registered() -> Iterator[dict[tuple[str, str], None]]:
    """What is registered, put back after the test."""
    before = dict(registration._registered)
    yield registration._registered
    registration._registered.clear()
    registration._registered.update(before)


def get_column(storage: RokkaStorage, name: str) -> Column:
    return next(column for column in iter_columns(storage) if str(column) == name)


def gather(column: Column, **options: Any) -> tuple[list[Any], set[str], set[str], int]:
    batches = list(column.iter_batches(**options))
    return (
        [found for batch in batches for found in batch.certain],
        set().union(*(batch.possible for batch in batches)),
        set().union(*(batch.prefixes for batch in batches)),
        sum(batch.broken for batch in batches),
    )


def test_columns__are_those_of_each_table_once(rokka: RokkaStorage) -> None:
    names = [str(column) for column in iter_columns(rokka)]
    assert len(names) == len(set(names))
    assert {
        "testapp.Brand.logo",
        "testapp.Photo.image",
        "testapp.Plain.picture",
        "testapp.Leaflet.page",
        "testapp.AlbumRecord.cover",
        "testapp.Article.body",
        "testapp.Article.blocks",
        "testapp.Seat.view",
        "django_rokka.Alias.target_hash",
        "django_rokka.Alias.asked_hash",
        "django_rokka.Alias.confirmed_hash",
    } <= set(names)
    assert {"testapp.Portrait.image", "testapp.Article.notes", "testapp.Caption.image"}.isdisjoint(
        names
    )


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Photo, {"image": REFERENCE}),
        (Photo, {"image": HASH}),
        (Photo, {"image": f"{HASH}.png"}),
        (Plain, {"picture": REFERENCE}),
        (Seat, {"row": "A", "number": 7, "view": REFERENCE}),
        (Venue, {"photo": REFERENCE}),
        (AlbumRecord, {"id": 1, "cover": REFERENCE}),
        (HiddenPhoto, {"is_shown": False, "image": REFERENCE}),
        (Article, {"body": f"<img src='https://demo.rokka.io/thumb/{HASH}/lake.jpg'>"}),
        (Article, {"body": "<img src='https://demo.rokka.io/thumb/c421f4e.jpg'>"}),
        (Article, {"blocks": {"columns": [{"image": REFERENCE}]}}),
        (Article, {"blocks": [{"html": f'<img src="/thumb/{HASH[:12]}/ä.jpg">'}]}),
        (Article, {"body": f"/thumb/{HASH.upper()}/lake.jpg"}),
        (Article, {"body": f"https%253A%252F%252Fdemo.rokka.io%252Fthumb%252F{HASH}.jpg"}),
    ],
)
def test_row__refers_to_its_image(
    rokka: RokkaStorage, model: type[models.Model], values: dict[str, Any]
) -> None:
    model._default_manager.bulk_create([model(**values)])
    assert find_referenced(rokka, [HASH, OTHER]) == {HASH}


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Photo, {"image": "", "title": HASH}),
        (Photo, {"image": f"uploads/{HASH}.png"}),
        (Photo, {"image": "holiday.jpg"}),
        (Article, {"notes": REFERENCE}),
        (Article, {"body": "the colour #c421f4"}),
        (Article, {"blocks": {"checksum": HASH[:39]}}),
    ],
)
def test_row__that_names_no_image_refers_to_none(
    rokka: RokkaStorage, model: type[models.Model], values: dict[str, Any]
) -> None:
    model._default_manager.bulk_create([model(**values)])
    assert find_referenced(rokka, [HASH, OTHER]) == set()


@pytest.mark.usefixtures("default_photo")
def test_default__that_no_row_holds_yet_is_referred_to(rokka: RokkaStorage) -> None:
    assert find_referenced(rokka, [HASH, OTHER]) == {HASH}
    assert gather(get_column(rokka, "testapp.Venue.photo"))[0] == [(None, HASH)]


@pytest.mark.parametrize("name", ["target_hash", "asked_hash", "confirmed_hash"])
def test_alias__refers_to_its_images_in_its_organization(rokka: RokkaStorage, name: str) -> None:
    values = {"name": "logo", "model": "testapp.brand", "object_pk": "1", "field": "logo"}
    alias = Alias.objects.create(organization="other", **{**values, "target_hash": "", name: HASH})
    assert find_referenced(rokka, [HASH]) == set()
    alias.organization = "demo"
    alias.save()
    assert find_referenced(rokka, [HASH]) == {HASH}


def test_batches__hold_every_row_once_in_the_order_of_any_key(rokka: RokkaStorage) -> None:
    seats = [
        Seat(row=row, number=number, view=f"{number:02}{row.lower()}{'0' * 37}/4x3/view.png")
        for row in "ABC"
        for number in range(1, 12)
    ]
    Seat.objects.bulk_create(reversed(seats))
    certain, *_ = gather(get_column(rokka, "testapp.Seat.view"), batch_size=5)
    assert [found.pk for found in certain] == [(seat.row, seat.number) for seat in seats]
    assert [found.hash for found in certain] == [seat.view.hash for seat in seats]


def test_batches__are_read_without_a_cursor_and_with_one_query_each(rokka: RokkaStorage) -> None:
    Photo.objects.bulk_create(Photo(image=f"{n:040}/4x3/a.png") for n in range(7))
    column = get_column(rokka, "testapp.Photo.image")
    with CaptureQueriesContext(connection) as queries:
        assert len(gather(column, batch_size=3)[0]) == 7
    assert len(queries) == 3
    assert all("LIMIT 3" in query["sql"] for query in queries)


def test_broken_names__are_counted(rokka: RokkaStorage) -> None:
    for name in ("holiday.jpg", REFERENCE, "", "uploads/2024/lake.png"):
        Photo.objects.bulk_create([Photo(image=name)])
    certain, possible, prefixes, broken = gather(get_column(rokka, "testapp.Photo.image"))
    assert [found.hash for found in certain] == [HASH]
    assert (possible, prefixes, broken) == (set(), set(), 2)


def test_bare_hash__beside_a_fallback_may_be_a_file_of_it(
    configure: Callable[..., RokkaStorage],
) -> None:
    storage = configure(fallback="default")
    Photo.objects.bulk_create([Photo(image=f"{HASH}.png"), Photo(image=f"{OTHER}/4x3/a.png")])
    certain, possible, _, broken = gather(get_column(storage, "testapp.Photo.image"))
    assert ([found.hash for found in certain], possible, broken) == ([OTHER], {HASH}, 0)
    assert find_referenced(storage, [HASH, OTHER]) == {HASH, OTHER}


def test_find_referenced__asks_each_table_once_for_500(rokka: RokkaStorage) -> None:
    hashes = [f"{number:040x}" for number in range(16**6, 16**6 + 500)]
    wanted = [f"{number:06x}{'f' * 34}" for number in range(500)]
    Photo.objects.bulk_create(Photo(image=f"{wanted[n]}/4x3/a.png") for n in range(0, 300, 3))
    Article.objects.bulk_create(Article(body=f"/thumb/{wanted[n]}.jpg") for n in range(1, 300, 3))
    Article.objects.bulk_create(Article(blocks=[wanted[n]]) for n in range(2, 300, 3))
    columns = list(iter_columns(rokka))
    with CaptureQueriesContext(connection) as queries:
        assert find_referenced(rokka, wanted, columns=columns) == set(wanted[:300])
    assert len(queries) <= len(columns) + 2  # texts are read in batches of 100
    assert find_referenced(rokka, [*hashes, *wanted], columns=columns) == set(wanted[:300])
    assert find_referenced(rokka, []) == set()


@pytest.fixture
def keep_photos(rokka_options: dict[str, Any]) -> Iterator[Callable[..., None]]:
    """Keep photos in a storage of their own, with these options."""
    (field,) = get_image_fields(Photo)
    before = field._storage

    def keep(**options: Any) -> None:
        field.storage = RokkaStorage(**{**rokka_options, **options})

    yield keep
    field._storage = before


def test_organization__behind_two_storages_has_the_columns_of_both(
    rokka: RokkaStorage, keep_photos: Callable[..., None]
) -> None:
    Photo.objects.bulk_create([Photo(image=REFERENCE)])
    keep_photos(default_stack="thumb")
    assert find_referenced(rokka, [HASH]) == {HASH}
    assert gather(get_column(rokka, "testapp.Photo.image"))[0] == [(Photo.objects.get().pk, HASH)]


def test_fallback__of_a_storage_has_its_columns_too(
    rokka: RokkaStorage, keep_photos: Callable[..., None]
) -> None:
    Photo.objects.bulk_create([Photo(image=HASH)])
    keep_photos(organization="other", fallback="rokka")
    assert find_referenced(rokka, [HASH]) == {HASH}


@pytest.mark.parametrize(
    "options",
    [{"organization": "other"}, {"organization": ""}, {"fallback": "nowhere"}, {"api_host": 1}],
)
def test_storage__of_which_nothing_is_certain_may_have_any_image(
    rokka: RokkaStorage, keep_photos: Callable[..., None], options: dict[str, Any]
) -> None:
    keep_photos(**options)
    Photo.objects.bulk_create([Photo(image=REFERENCE), Photo(image="holiday.jpg")])
    certain, possible, _, broken = gather(get_column(rokka, "testapp.Photo.image"))
    assert (certain, possible, broken) == ([], {HASH}, 0)
    assert find_referenced(rokka, [HASH, OTHER]) == {HASH}


class Wrapped(Storage):
    """A storage that is made of another one, and keeps its names in a folder."""

    def __init__(self, inner: Storage) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Failing:
    """What a package makes of a storage that it cannot make."""

    @property  # type: ignore[misc]  # isinstance() asks it
    def __class__(self) -> Any:
        raise OSError("nobody answers")


@pytest.mark.parametrize(
    "make",
    [Wrapped, lambda _: storages["default"], lambda _: Failing()],
    ids=["wrapped", "files", "failing"],
)
def test_file_field__on_another_storage_may_have_any_image(
    rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch, make: Callable[[Storage], Storage]
) -> None:
    monkeypatch.setattr(Plain._meta.get_field("picture"), "storage", make(rokka))
    Plain.objects.bulk_create([Plain(picture=REFERENCE), Plain(picture=f"rokka/{OTHER}")])
    assert gather(get_column(rokka, "testapp.Plain.picture"))[:2] == ([], {HASH, OTHER})
    assert find_referenced(rokka, [HASH, OTHER]) == {HASH, OTHER}


class ListField(models.TextField):  # type: ignore[type-arg]  # at run time it takes none
    """A list of what another field holds, as PostgreSQL's ArrayField."""

    def __init__(self, base_field: Any, **options: Any) -> None:
        super().__init__(**options)
        self.base_field = base_field

    def from_db_value(self, value: str, *_: Any) -> list[str]:
        raise AssertionError("it is read as the database holds it")


@pytest.mark.parametrize(
    "base_field", [RokkaImage(), ListField(models.ImageField()), models.TextField()]
)
def test_list__of_images_is_a_text(rokka: RokkaStorage, base_field: models.Field[Any, Any]) -> None:
    with isolate_apps("tests.testapp"):

        class Gallery(models.Model):
            images = ListField(base_field)

            class Meta:
                app_label = "testapp"
                db_table = "testapp_caption"

            def __str__(self) -> str:
                return ""

        is_of_files = not isinstance(base_field, models.TextField) or hasattr(
            base_field, "base_field"
        )
        assert bool(list(discovery._iter_file_fields(Gallery))) == is_of_files


def test_table__that_is_in_no_database_is_an_error(
    rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(Venue._meta, "db_table", "nowhere")
    for routers in ([], [NoVenues()]):
        settings.DATABASE_ROUTERS = routers
        with pytest.raises(ImproperlyConfigured, match=r"Venue.photo has no table 'nowhere' in an"):
            list(iter_columns(rokka))
    monkeypatch.setattr(Venue._meta, "managed", False)
    assert "testapp.Venue.photo" not in {str(column) for column in iter_columns(rokka)}


def test_table__is_read_whatever_the_router_says(rokka: RokkaStorage, settings: Settings) -> None:
    settings.DATABASE_ROUTERS = [NoVenues()]
    assert get_column(rokka, "testapp.Venue.photo").database == "default"


def test_error__about_something_else_than_an_absent_table_comes_through(
    rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Venue._meta, "db_table", "nowhere")

    def refuse(execute: Any, sql: str, *args: Any) -> Any:
        if "nowhere" in sql:
            raise OperationalError("the server is gone")
        return execute(sql, *args)

    with connection.execute_wrapper(refuse), pytest.raises(OperationalError, match="is gone"):
        list(iter_columns(rokka))


def test_table__that_is_in_no_list_is_read_where_it_can_be(rokka: RokkaStorage) -> None:
    if not connection.features.can_rollback_ddl:
        pytest.skip("this database cannot take back what happens to the table here")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE testapp_venue RENAME TO testapp_venue_before")
        cursor.execute("CREATE TEMPORARY TABLE testapp_venue (id integer, photo varchar(255))")
        cursor.execute("INSERT INTO testapp_venue VALUES (1, %s)", [REFERENCE])
    assert find_referenced(rokka, [HASH, OTHER]) == {HASH}


class NoVenues:
    """A router that keeps a table out of every database."""

    def allow_migrate(self, db: str, app_label: str, model_name: str, **hints: Any) -> bool | None:
        return False if model_name == "venue" else None


def test_registered_column__has_to_be_there(
    rokka: RokkaStorage, registered: dict[tuple[str, str], None]
) -> None:
    with pytest.raises(ValueError, match=r"'Article' is no model. Write it as 'app_label.Model'"):
        register_column("Article", "body")
    for model, column in (
        ("testapp.Nothing", "body"),
        ("testapp.Article", "nothing"),
        ("testapp.Album", "albumpage"),
    ):
        registered.clear()
        register_column(model, column)
        with pytest.raises(
            ImproperlyConfigured, match=rf"register_column\('{model}', '{column}'\)"
        ):
            list(iter_columns(rokka))


def test_registered_column__of_a_parent_is_that_of_its_table(
    rokka: RokkaStorage, registered: dict[tuple[str, str], None]
) -> None:
    registered.clear()
    register_column("testapp.Portrait", "title")
    Photo.objects.create(title=f"[{HASH}]")
    assert find_referenced(rokka, [HASH]) == {HASH}


def test_history__of_a_model_counts_after_its_row_is_gone(rokka: RokkaStorage) -> None:
    album = Album.objects.create(title="Lake", cover=REFERENCE)
    AlbumRecord.objects.create(id=album.pk, title=album.title, cover=str(album.cover))
    album.delete()
    assert find_referenced(rokka, [HASH]) == {HASH}


def test_registered_column__is_read_as_the_database_holds_it(
    rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Blocks:
        """What does not show all that it has."""

    Article.objects.create(blocks={"image": REFERENCE})
    field = type(Article._meta.get_field("blocks"))
    monkeypatch.setattr(field, "from_db_value", lambda *_: Blocks())
    assert gather(get_column(rokka, "testapp.Article.blocks"))[1] == {HASH}
    assert find_referenced(rokka, [HASH]) == {HASH}


def test_registered_column__may_have_a_default(
    rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    field = Article._meta.get_field("blocks")
    monkeypatch.setattr(field, "_get_default", lambda: {"image": REFERENCE})
    assert find_referenced(rokka, [HASH, OTHER]) == {HASH}


def test_registered_column__of_bytes_is_refused(
    rokka: RokkaStorage, registered: dict[tuple[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = Article._meta.get_field("notes")
    monkeypatch.setattr(notes, "__class__", models.BinaryField)
    register_column("testapp.Article", "notes")
    with pytest.raises(ImproperlyConfigured, match=r"it holds bytes.* Use register_images\(\)"):
        list(iter_columns(rokka))


@pytest.mark.parametrize(
    "named", [HASH, REFERENCE, "https://demo.rokka.io/thumb/c421f4e.jpg", "{reference}"]
)
def test_registered_images__are_referred_to(
    rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setattr(registration, "_sources", {})
    image = ImageReference.parse(REFERENCE) if named == "{reference}" else named
    register_images(lambda: [image, ""])
    assert find_referenced(rokka, [HASH, OTHER]) == {HASH}
