"""What every test shares. Imports no Django: the floors below the Django line run without it."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

# Fixtures that need Django live in a plugin of their own.
pytest_plugins = ["tests.django_fixtures"] if find_spec("django") else []

DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


@pytest.hookimpl(tryfirst=True)  # before pytest selects by -m
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what touches the database, and skip the full tables unless they are asked for."""
    is_soak = "soak" in config.getoption("markexpr")
    for item in items:
        fixtures = DATABASE_FIXTURES.intersection(getattr(item, "fixturenames", ()))
        if fixtures or item.get_closest_marker("django_db"):
            item.add_marker("database")
        if not is_soak and item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.skip(reason="a full table: `tox run -e soak` runs it"))
