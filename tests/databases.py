"""The database on which the test suite runs, as Django's settings want it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

__all__ = ["find_database", "find_url"]

_URL = "ROKKA_TEST_DATABASE_URL"
_KINDS = {
    "mariadb": "mariadb",
    "mysql": "mariadb",
    "postgres": "postgresql",
    "postgresql": "postgresql",
}
_SECONDS_TO_CONNECT = 5


def find_database(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the database that TEST_DATABASE names, else that of the URL, else SQLite."""
    url = find_url(environ)
    if url is not None:
        return _complete(_KINDS[url.scheme], _read_server(url))
    kind = _find_kind(environ)
    if kind in {"", "sqlite"}:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    return _complete(kind, _find_server(kind, environ))


def find_url(environ: Mapping[str, str] = os.environ) -> SplitResult | None:
    """Return ROKKA_TEST_DATABASE_URL, unless TEST_DATABASE names a database of another kind."""
    text = environ.get(_URL, "")
    url = _split(text) if text else None
    if url is None or _find_kind(environ) not in {"", _KINDS[url.scheme]}:
        return None
    return url


def _find_kind(environ: Mapping[str, str]) -> str:
    kind = environ.get("TEST_DATABASE", "")
    if kind in {"", "sqlite", *_KINDS.values()}:
        return kind
    raise ImproperlyConfigured(
        f"Unknown TEST_DATABASE {kind!r}, must be one of: mariadb, postgresql, sqlite."
    )


def _split(text: str) -> SplitResult:
    """Split a URL; errors tell what is wrong with it, but show nothing of it: it has a password."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        # Python's own message quotes what it takes for the port, maybe a piece of the password.
        raise _make_error("its host or port cannot be read") from None
    if url.scheme not in _KINDS:
        raise _make_error("it begins with none of: " + ", ".join(f"{kind}://" for kind in _KINDS))
    if not url.hostname or port == 0:
        raise _make_error("it has no host, or port 0")
    if not url.path.strip("/") or "/" in url.path[1:]:
        raise _make_error("it has not exactly one name of a database")
    if url.query or url.fragment:
        raise _make_error("it has a '?' or '#'")
    return url


def _make_error(problem: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"{_URL} is not usable: {problem}. Write postgres://user:password@host:port/name (or"
        " mysql://...), with special characters of user and password percent-encoded."
    )


def _read_server(url: SplitResult) -> dict[str, str]:
    return {
        "NAME": unquote(url.path[1:]),
        "HOST": url.hostname or "",
        "PORT": str(url.port or ""),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
    }


def _find_server(kind: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the server that its own command line programs would ask, else that of this machine."""
    if kind == "mariadb":
        return {
            "NAME": environ.get("MYSQL_DATABASE", "django_rokka"),
            "HOST": environ.get("MYSQL_HOST", "127.0.0.1"),
            "PORT": environ.get("MYSQL_TCP_PORT", "3306"),
            "USER": environ.get("MYSQL_USER", "root"),
            "PASSWORD": environ.get("MYSQL_PWD", ""),
        }
    return {
        "NAME": environ.get("PGDATABASE", "django_rokka"),
        "HOST": environ.get("PGHOST", "127.0.0.1"),
        "PORT": environ.get("PGPORT", "5432"),
        "USER": environ.get("PGUSER", "postgres"),
        "PASSWORD": environ.get("PGPASSWORD", ""),
    }


def _complete(kind: str, server: dict[str, str]) -> dict[str, Any]:
    options = {"connect_timeout": _SECONDS_TO_CONNECT}
    if kind == "postgresql":
        return {"ENGINE": "django.db.backends.postgresql", **server, "OPTIONS": options}
    # PyMySQL needs no compiler; Django asks for the module of mysqlclient.
    import_module("pymysql").install_as_MySQLdb()
    return {
        "ENGINE": "django.db.backends.mysql",
        **server,
        "OPTIONS": {**options, "charset": "utf8mb4"},
        # MariaDB's default, in which upper and lower case are equal; a server may have another.
        "TEST": {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_general_ci"},
    }
