"""rokka is slow or down while somebody edits a row in the admin, on PostgreSQL.

That a second try sends no bytes is told by tests/admin/test_uploading.py for the admin and by
tests/test_forms_uploads.py for other forms, with more reasons for which uploads fail.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.disasters.processes import Worker, find_problems

UPLOADS: dict[str, Any] = {"method": "POST", "path": "/sourceimages/"}
DEADLINE = 2.0
organizations = (f"outage-{number}" for number in itertools.count(1))


@pytest.fixture(scope="module")
def impatient(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worker]:
    """A worker that gives up uploads soon."""
    options = {**json.loads(environment["DISASTERS_ROKKA"]), "upload_deadline": DEADLINE}
    found = {**environment, "DISASTERS_ROKKA": json.dumps(options)}
    with Worker(found, log=tmp_path_factory.mktemp("impatient") / "log") as worker:
        yield worker


@pytest.fixture
def editor(impatient: Worker) -> Iterator[Worker]:
    """The worker, with a row whose picture is old."""
    impatient.organization = next(organizations)
    impatient.ask("hang_pictures")
    try:
        yield impatient
    finally:
        impatient.ask("forget_faults")


def is_transaction_open(environment: dict[str, str]) -> bool:
    """Ask PostgreSQL whether anybody sits idle in a transaction, within a fifth of a second."""
    import psycopg

    database = json.loads(environment["DISASTERS_DATABASE"])
    with psycopg.connect(
        dbname=database["NAME"],
        host=database["HOST"],
        port=database["PORT"],
        user=database["USER"],
        password=database["PASSWORD"],
        autocommit=True,
    ) as connection:
        states = set()
        for _ in range(10):
            rows = connection.execute(
                "SELECT state FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            states |= {state for (state,) in rows.fetchall()}
            time.sleep(0.02)
    return any(str(state).startswith("idle in transaction") for state in states)


@pytest.mark.parametrize(("act", "is_open"), [("edit", False), ("save_in_transaction", True)])
def test_slow_upload__holds_a_transaction_only_in_a_bare_save(
    environment: dict[str, str],
    editor: Worker,
    act: str,
    is_open: bool,  # noqa: FBT001  # a parameter
) -> None:
    editor.ask("add_fault", **UPLOADS, delay=DEADLINE / 2)
    editor.tell(act)
    time.sleep(DEADLINE / 5)
    found = is_transaction_open(environment)
    while is_open and not (found or editor.has_answered()):  # a busy machine is late
        found = is_transaction_open(environment)
    assert found is is_open
    assert not editor.has_answered()  # the bytes were on their way all the time
    answer = editor.hear()
    assert find_problems(answer) == []
    if act == "edit":
        assert answer["result"]["status"] == 302
        assert answer["result"]["is_changed"]


@pytest.mark.parametrize(
    "fault",
    [{"delay": 20}, {"status": 503}, {"reset_after": 100}, {"status": 500}],
    ids=["slow", "down", "broken", "failing"],
)
def test_form__shows_an_error_within_the_deadline_and_changes_nothing(
    editor: Worker, fault: dict[str, Any]
) -> None:
    editor.ask("add_fault", **UPLOADS, **fault, times=9)
    answer = editor.ask("edit", may_log=True)
    editor.ask("forget_faults")
    assert answer["status"] == 200
    assert "The image could not be uploaded." in answer["words"]
    assert answer["seconds"] < DEADLINE + 3
    assert not answer["is_changed"]
    assert editor.ask("find_dead") == []
    answer = editor.ask("edit")
    assert (answer["status"], answer["is_changed"]) == (302, True)
    assert editor.ask("find_dead") == []
