"""The migration operation that makes a RokkaImage of another column of files."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import connection, migrations, models
from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.optimizer import MigrationOptimizer
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.writer import MigrationWriter
from pytest_django import Settings

from django_rokka.client import observe_calls
from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import RokkaError, UploadFailed
from django_rokka.fields import RokkaImage
from django_rokka.operations import ConvertToRokkaImage
from django_rokka.storage import RokkaStorage
from django_rokka.storage.configured import is_own_name
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures

Configure = Callable[..., RokkaStorage]

TABLE = "moving_article"
UPLOAD = ConvertToRokkaImage(
    "article",
    "hero",
    RokkaImage(blank=True, width_field="hero_width", height_field="hero_height"),
    source="old",
    upload=True,
)


@pytest.fixture
def home(old: FileSystemStorage, configure: Configure) -> RokkaStorage:
    return configure(fallback="old")


def make_state() -> ProjectState:
    state = ProjectState()
    fields = [
        ("id", models.BigAutoField(primary_key=True)),
        ("hero", models.ImageField(blank=True, upload_to="heroes/%Y")),
        ("hero_width", models.IntegerField(null=True)),
        ("hero_height", models.IntegerField(null=True)),
    ]
    state.add_model(ModelState("moving", "Article", fields))
    return state


@pytest.fixture
def table(transactional_db: None) -> Iterator[ProjectState]:
    """A table of articles as it was before, whose column is Django's ImageField."""
    state = make_state()
    with connection.schema_editor() as editor:
        editor.create_model(state.apps.get_model("moving", "Article"))
    yield state
    with connection.schema_editor() as editor:
        editor.execute(f"DROP TABLE {TABLE}")


def make_migration(*operations: Any, is_atomic: bool = True) -> Migration:
    kind = type("Migration", (Migration,), {"operations": operations, "atomic": is_atomic})
    migration: Migration = kind("0002_convert", "moving")
    return migration


def migrate(state: ProjectState, migration: Migration) -> ProjectState:
    with connection.schema_editor(atomic=migration.atomic) as editor:
        return migration.apply(state.clone(), editor)


def reverse(state: ProjectState, migration: Migration) -> None:
    with connection.schema_editor(atomic=migration.atomic) as editor:
        migration.unapply(state.clone(), editor)


def add(state: ProjectState, *names: str) -> None:
    model = state.apps.get_model("moving", "Article")
    for name in names:
        model._base_manager.bulk_create([model(hero=name)])


def read(state: ProjectState) -> list[tuple[Any, ...]]:
    rows = state.apps.get_model("moving", "Article")._base_manager.order_by("pk")
    return list(rows.values_list("hero", "hero_width", "hero_height"))


def keep(old: FileSystemStorage, *names: str) -> None:
    for name in names:
        assert old.save(name, ContentFile(pictures.jpeg())) == name


def test_operation__alters_the_column_and_leaves_the_rows(
    table: ProjectState, home: RokkaStorage
) -> None:
    add(table, "a.jpg", "")
    migration = make_migration(ConvertToRokkaImage("article", "hero", RokkaImage(blank=True)))

    with assert_no_rokka_calls():
        after = migrate(table, migration)

    assert read(after) == [("a.jpg", None, None), ("", None, None)]
    hero = after.apps.get_model("moving", "Article")._meta.get_field("hero")
    assert (type(hero), hero.max_length) == (RokkaImage, 255)
    long = "a" * 255
    add(after, long)
    assert read(after)[2][0] == long
    after.apps.get_model("moving", "Article")._base_manager.filter(hero=long).delete()
    reverse(table, migration)
    assert read(table) == [("a.jpg", None, None), ("", None, None)]


@pytest.mark.parametrize("is_atomic", [True, False], ids=["atomic", "not atomic"])
def test_operation__uploads_and_brings_back(
    table: ProjectState,
    old: FileSystemStorage,
    home: RokkaStorage,
    is_atomic: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    if connection.vendor == "sqlite" and not is_atomic:
        connection.disable_constraint_checking()  # what a migration's own executor sees to
    keep(old, "a.jpg", "b.jpg")
    add(table, "a.jpg", "", "b.jpg")
    migration = make_migration(UPLOAD, is_atomic=is_atomic)

    after = migrate(table, migration)

    first, empty, last = read(after)
    for name, width, height in (first, last):
        assert is_own_name(name)
        assert (width, height) == (40, 30)
    assert empty == ("", None, None)
    assert old.exists("a.jpg")

    reverse(table, migration)

    for name, width, height in (read(table)[0], read(table)[2]):
        assert name.startswith("heroes/20")
        assert (width, height) == (40, 30)
        assert Path(old.path(name)).read_bytes() == pictures.jpeg()
    assert read(table)[0] != read(table)[2]


def test_operation__uploads_while_the_fallback_serves_the_rest(
    table: ProjectState, old: FileSystemStorage, home: RokkaStorage
) -> None:
    keep(old, "b.jpg")
    add(table, "gone.jpg", "b.jpg")
    migration = make_migration(UPLOAD, is_atomic=False)

    with pytest.raises(UploadFailed) as caught:
        migrate(table, migration)

    assert str(caught.value).startswith(
        "1 files of article.hero were not moved, 1 were. row 1 ('gone.jpg'): FileNotFoundError: "
    )
    names = [row[0] for row in read(table)]
    assert names[0] == "gone.jpg"
    assert is_own_name(names[1])

    # The second try goes on where the first one ended.
    keep(old, "gone.jpg")
    with observe_calls() as calls:
        after = migrate(table, migration)
    assert len([call for call in calls if call.method == "POST"]) == 1
    assert all(is_own_name(row[0]) for row in read(after))


def test_operation__in_a_transaction_leaves_nothing_half_done(
    table: ProjectState, old: FileSystemStorage, home: RokkaStorage
) -> None:
    keep(old, "b.jpg")
    add(table, "gone.jpg", "b.jpg")

    with pytest.raises(UploadFailed):
        migrate(table, make_migration(UPLOAD))

    assert [row[0] for row in read(table)] == ["gone.jpg", "b.jpg"]


def test_operation__lets_rows_be_where_that_was_agreed_to(
    table: ProjectState, old: FileSystemStorage, home: RokkaStorage
) -> None:
    keep(old, "b.jpg")
    add(table, "gone.jpg", "b.jpg")
    operation = ConvertToRokkaImage(
        "article", "hero", RokkaImage(blank=True), source="old", upload=True, strict=False
    )

    after = migrate(table, make_migration(operation))

    assert [is_own_name(row[0]) for row in read(after)] == [False, True]


def test_operation__is_not_reversed_over_what_rokka_lost(
    table: ProjectState, old: FileSystemStorage, home: RokkaStorage
) -> None:
    keep(old, "a.jpg")
    add(table, "a.jpg")
    migration = make_migration(UPLOAD)
    name = read(migrate(table, migration))[0][0]
    home.client.source_images.delete(name[:40])

    with pytest.raises(RokkaError, match=r"1 files of article\.hero were not moved"):
        reverse(table, migration)

    assert read(table)[0][0] == name


def test_operation__protects_what_the_field_protects(
    table: ProjectState, old: FileSystemStorage, home: RokkaStorage
) -> None:
    keep(old, "a.jpg")
    add(table, "a.jpg")
    operation = ConvertToRokkaImage(
        "article", "hero", RokkaImage(protected=True), source="old", upload=True
    )

    assert "/protected/" in read(migrate(table, make_migration(operation)))[0][0]


def test_operation__of_an_empty_table_needs_no_settings(
    table: ProjectState, settings: Settings
) -> None:
    settings.STORAGES = {"default": settings.STORAGES["default"]}
    operation = ConvertToRokkaImage("article", "hero", RokkaImage(), upload=True)
    migration = make_migration(operation)

    after = migrate(table, migration)
    reverse(table, migration)

    assert read(after) == []


class Elsewhere:
    """A router that lets nothing into the default database."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return False


def test_operation__does_nothing_in_a_database_that_the_router_forbids(
    table: ProjectState, old: FileSystemStorage, home: RokkaStorage, settings: Settings
) -> None:
    keep(old, "a.jpg")
    add(table, "a.jpg")
    settings.DATABASE_ROUTERS = [f"{__name__}.Elsewhere"]
    migration = make_migration(UPLOAD)

    with assert_no_rokka_calls():
        migrate(table, migration)
        reverse(table, migration)

    assert read(table)[0][0] == "a.jpg"


def test_operation__writes_the_sql_of_the_column_alone(
    table: ProjectState, old: FileSystemStorage, home: RokkaStorage
) -> None:
    add(table, "a.jpg")

    with assert_no_rokka_calls(), connection.schema_editor(collect_sql=True) as editor:
        make_migration(UPLOAD).apply(table.clone(), editor, collect_sql=True)

    lines = editor.collected_sql
    assert "-- Alter field hero on article and upload its files to rokka" in lines
    assert "-- MOVING FILES CANNOT BE WRITTEN AS SQL" in lines
    assert any(TABLE in line for line in lines if not line.startswith("--"))
    assert read(table) == [("a.jpg", None, None)]


PROJECT = {
    "moving/__init__.py": "",
    "moving/migrations/__init__.py": "",
    "moving/models.py": """
from django.db import models
from django_rokka.fields import RokkaImage

class Article(models.Model):
    hero = RokkaImage(blank=True, alias="article_{pk}", default_stack="content")
""",
    "moving/migrations/0001_initial.py": """
from django.db import migrations, models

class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel("Article", [
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("hero", models.ImageField(blank=True, upload_to="heroes")),
        ]),
    ]
""",
    "moving/migrations/0002_rokka.py": """
from django.db import migrations
from django_rokka.fields import RokkaImage
from django_rokka.operations import ConvertToRokkaImage

class Migration(migrations.Migration):
    atomic = False
    dependencies = [("django_rokka", "0003_cache_invalidations"), ("moving", "0001_initial")]
    operations = [ConvertToRokkaImage("article", "hero", RokkaImage(blank=True), upload=True)]
""",
}


def write_project(folder: Path, rokka_options: dict[str, object]) -> None:
    rokka = {"BACKEND": "django_rokka.storage.RokkaStorage", "OPTIONS": rokka_options}
    files = "django.core.files.storage.FileSystemStorage"
    names = {
        "SECRET_KEY": "tests only",
        "INSTALLED_APPS": ["django_rokka", "moving"],
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "MEDIA_ROOT": str(folder / "media"),
        "DATABASES": {
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "db")}
        },
        "STORAGES": {"default": {"BACKEND": files}, "rokka": rokka},
    }
    settings = "\n".join(f"{name} = {value!r}" for name, value in names.items())
    for path, text in {**PROJECT, "project_settings.py": settings}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    (folder / "media" / "heroes").mkdir(parents=True)
    (folder / "media" / "heroes" / "a.jpg").write_bytes(pictures.jpeg())


def manage(folder: Path, *arguments: str) -> str:
    paths = [str(folder), str(Path(__file__).parents[1])]
    done = subprocess.run(
        [sys.executable, "-m", "django", *arguments, "--settings=project_settings"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_project__migrates_there_and_back(
    tmp_path: Path, rokka_options: dict[str, object], server: EmulatorServer
) -> None:
    folder = tmp_path / "project"
    write_project(folder, rokka_options)
    manage(folder, "migrate", "moving", "0001")
    with closing(sqlite3.connect(folder / "db")) as database:
        database.execute("INSERT INTO moving_article (hero) VALUES ('heroes/a.jpg'), ('')")
        database.commit()

        sql = manage(folder, "sqlmigrate", "moving", "0002")
        assert "-- MOVING FILES CANNOT BE WRITTEN AS SQL" in sql
        assert list(database.execute("SELECT hero FROM moving_article LIMIT 1")) == [
            ("heroes/a.jpg",)
        ]

        manage(folder, "migrate", "moving")
        manage(folder, "makemigrations", "--check")
        rows = [name for (name,) in database.execute("SELECT hero FROM moving_article")]
        assert [is_own_name(rows[0]), rows[1]] == [True, ""]

        manage(folder, "migrate", "moving", "0001")
        rows = [name for (name,) in database.execute("SELECT hero FROM moving_article")]
        assert rows[0].startswith("heroes/a-")
        assert (folder / "media" / rows[0]).read_bytes() == pictures.jpeg()


# What migrations hold


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {}),
        ({"source": "old", "upload": True, "strict": False}, ...),
        ({"source": "default", "upload": False, "strict": True}, {}),
        ({"preserve_default": False}, ...),
    ],
)
def test_deconstruct__holds_what_differs(options: dict[str, Any], expected: Any) -> None:
    field = RokkaImage()
    name, args, kwargs = ConvertToRokkaImage("article", "hero", field, **options).deconstruct()

    own = {"model_name": "article", "name": "hero", "field": field}
    assert (name, args) == ("ConvertToRokkaImage", [])
    assert kwargs == {**own, **(options if expected is ... else expected)}


def test_writer__writes_what_makes_it_again() -> None:
    written = MigrationWriter(make_migration(UPLOAD)).as_string()
    known: dict[str, Any] = {}
    exec(written, known)  # noqa: S102  # as an import would

    (again,) = known["Migration"].operations
    assert "import django_rokka.operations" in written
    assert MigrationWriter(make_migration(again)).as_string() == written
    assert (again.source, again.upload, again.strict) == ("old", True, True)


def test_autodetector__finds_nothing_to_do_afterwards() -> None:
    after = make_state()
    UPLOAD.state_forwards("moving", after)
    wanted = make_state()
    wanted.models["moving", "article"].fields["hero"] = RokkaImage(
        blank=True,
        alias="article_{pk}",
        default_stack="content",
        width_field="hero_width",
        height_field="hero_height",
    )
    found = MigrationAutodetector(after, wanted, MigrationQuestioner()).changes(
        graph=MigrationGraph()
    )
    assert found == {}


def test_optimizer__keeps_an_upload() -> None:
    later: list[Any] = [
        migrations.AlterField("article", "hero", RokkaImage()),
        migrations.RenameField("article", "hero", "picture"),
    ]
    for operation in later:
        operations = [UPLOAD, operation]
        assert MigrationOptimizer().optimize(operations, "moving") == operations
    gone = migrations.RemoveField("article", "hero")
    assert MigrationOptimizer().optimize([UPLOAD, gone], "moving") == [gone]


def test_optimizer__takes_the_column_alone_as_any_change() -> None:
    operation = ConvertToRokkaImage("article", "hero", RokkaImage())
    later = migrations.AlterField("article", "hero", RokkaImage(blank=True))
    assert MigrationOptimizer().optimize([operation, later], "moving") == [later]


def test_description__says_whether_it_uploads() -> None:
    plain = ConvertToRokkaImage("article", "hero", RokkaImage())
    assert plain.describe() == "Alter field hero on article"
    assert UPLOAD.describe() == "Alter field hero on article and upload its files to rokka"
    assert plain.migration_name_fragment == "alter_article_hero"
