"""Which database the test suite runs on."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.databases import find_database, find_url

URL = "ROKKA_TEST_DATABASE_URL"
PASSWORD = "s3cret-word"


def test_database__is_sqlite_unless_told_otherwise() -> None:
    assert find_database({})["ENGINE"] == "django.db.backends.sqlite3"
    assert find_database({"TEST_DATABASE": "sqlite"})["NAME"] == ":memory:"


def test_database__is_found_where_the_servers_own_programs_look() -> None:
    database = find_database(
        {"TEST_DATABASE": "postgresql", "PGHOST": "db", "PGPORT": "1", "PGUSER": "anna"}
    )
    assert [database[key] for key in ("HOST", "PORT", "USER", "NAME")] == [
        "db",
        "1",
        "anna",
        "django_rokka",
    ]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
@pytest.mark.parametrize("kind", ["", "postgresql"])
def test_url__is_read_whole(scheme: str, kind: str) -> None:
    url = f"{scheme}://an%40na:p%2Fq%3A@db.example.com:5433/rokka"
    assert find_database({URL: url, "TEST_DATABASE": kind, "PGHOST": "elsewhere"}) == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "rokka",
        "HOST": "db.example.com",
        "PORT": "5433",
        "USER": "an@na",
        "PASSWORD": "p/q:",
        "OPTIONS": {"connect_timeout": 5},
    }


@pytest.mark.parametrize("scheme", ["mariadb", "mysql"])
def test_url__leads_to_mariadb_with_a_collation_that_ignores_case(scheme: str) -> None:
    pytest.importorskip("pymysql", reason="only the environment `mariadb` has a driver")
    database = find_database({URL: f"{scheme}://root@db/rokka"})
    assert database["ENGINE"] == "django.db.backends.mysql"
    assert database["TEST"]["COLLATION"] == "utf8mb4_general_ci"


@pytest.mark.parametrize(
    ("url", "kind"), [("mysql://root@db/rokka", "postgresql"), ("postgres://db/rokka", "sqlite")]
)
def test_url__is_left_alone_by_a_run_on_another_kind_of_database(url: str, kind: str) -> None:
    environ = {URL: url, "TEST_DATABASE": kind}
    assert find_url(environ) is None
    assert find_database(environ)["HOST" if kind == "postgresql" else "NAME"] != "db"


@pytest.mark.parametrize(
    "url",
    [
        PASSWORD,
        f"oracle://anna:{PASSWORD}@db/rokka",
        f"postgres://anna:{PASSWORD}@/rokka",
        f"postgres://anna:{PASSWORD}@db",
        f"postgres://anna:{PASSWORD}@db/",
        f"postgres://anna:{PASSWORD}@db/one/two",
        f"postgres://anna:{PASSWORD}@db:port/rokka",
        f"postgres://anna:{PASSWORD}@db:70000/rokka",
        f"postgres://anna:{PASSWORD}@db:0/rokka",
        f"postgres://anna:{PASSWORD}@[db/rokka",
        f"postgres://anna:{PASSWORD}@db/rokka?sslmode=require",
        f"postgres://anna:{PASSWORD}/x@db/rokka",
        f"postgres://anna:x#{PASSWORD}@db/rokka",
        f"postgres://anna:{PASSWORD}\u2100@db/rokka",
    ],
)
def test_url__that_is_wrong_is_refused_without_a_word_of_it(url: str) -> None:
    with pytest.raises(
        ImproperlyConfigured, match=r"^ROKKA_TEST_DATABASE_URL is not usable: "
    ) as error:
        find_url({URL: url})
    assert PASSWORD not in str(error.value)
    assert error.value.__suppress_context__ or error.value.__context__ is None


def test_kind__must_be_known() -> None:
    with pytest.raises(ImproperlyConfigured, match="Unknown TEST_DATABASE 'oracle', must be"):
        find_database({"TEST_DATABASE": "oracle"})
