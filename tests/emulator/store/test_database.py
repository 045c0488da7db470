from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from django_rokka.emulator.store import Aliases, Database, Invalidations, StoredAlias
from django_rokka.emulator.store.database import LaterVersion

FORK = """
import os, sys
from pathlib import Path
from django_rokka.emulator.store import Aliases, Database, StoredAlias

aliases = Aliases(Database(Path(sys.argv[1])))
aliases.put(StoredAlias("demo", "before", "0", ""), overwrite=False)
child = os.fork()
name = "parent" if child else "child"
aliases.put(StoredAlias("demo", name, "0", ""), overwrite=False)
if child:
    assert os.waitpid(child, 0)[1] == 0
    print([bool(aliases.find("demo", name)) for name in ("before", "parent", "child")])
"""


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "rokka.sqlite3")


def count(database: Database) -> int:
    with database.connection() as connection:
        return int(connection.execute("SELECT count(*) FROM alias").fetchone()[0])


def test_transaction__is_all_or_nothing(database: Database) -> None:
    twice = [("demo", "logo", "0", "")] * 2
    with pytest.raises(sqlite3.IntegrityError), database.transaction() as connection:
        connection.executemany("INSERT INTO alias VALUES (?, ?, ?, ?)", twice)
    assert count(database) == 0


def test_close__lets_the_pool_open_again(database: Database) -> None:
    database.close()
    assert count(database) == 0
    database.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_pool__survives_a_fork(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORK, str(tmp_path / "rokka.sqlite3")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[True, True, True]"


def test_database__of_an_earlier_version_gets_its_new_column(tmp_path: Path) -> None:
    path = tmp_path / "rokka.sqlite3"
    Database(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE source_image DROP COLUMN optimized_hash")
    for _ in range(2):
        database = Database(path)
        with database.connection() as connection:
            connection.execute("SELECT optimized_hash FROM source_image")
        database.close()


def test_database__of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rokka.sqlite3"
    running = Database(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    message = r"rokka.sqlite3 has version 99, and this emulator knows versions up to \d+\."
    with pytest.raises(LaterVersion, match=message):
        Database(path)
    # A process that was there before the upgrade writes nothing more.
    alias = StoredAlias("demo", "logo", "0", "")
    with pytest.raises(LaterVersion, match=message):
        Aliases(running).put(alias, overwrite=False)
    assert count(running) == 0
    running.close()


def test_budget__ignores_what_a_clock_spent_that_was_moved_back(database: Database) -> None:
    budget = Invalidations(database)
    assert budget.reserve("demo", "stack", limit=1, now=1_000_000).is_granted
    assert not budget.reserve("demo", "stack", limit=1, now=1_000_010).is_granted
    assert budget.count("demo", "stack", now=500_000) == 0
    assert budget.reserve("demo", "stack", limit=1, now=500_000).is_granted
