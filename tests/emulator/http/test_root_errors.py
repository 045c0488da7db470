"""Roots whose disk is full, whose database is held, whose files are gone."""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from django_rokka.emulator import Emulator, EmulatorAdapter
from django_rokka.emulator.http.root_errors import explain_root_error

from tests.emulator.api.members import make_member
from tests.emulator.conftest import API_KEY, Rokka
from tests.emulator.pictures import encode, halves

if sys.platform != "win32":
    import resource
    import signal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="this system has no such limit")
PICTURE = encode(halves(30, 20))


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let no file become larger."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def test_full_disk__is_named_for_an_upload(rokka: Rokka) -> None:
    with full_disk(100_000):
        answer = rokka.post_file(os.urandom(300_000))
    assert answer.status_code == 507
    root = rokka.server.emulator.root
    assert answer.json()["error"]["message"] == (
        f"The root {root} takes nothing more: {os.strerror(errno.EFBIG)}. Make room on its disk."
    )


def test_full_disk__is_named_for_a_render(rokka: Rokka) -> None:
    digest = rokka.upload(PICTURE)["hash"]
    path = f"/dynamic/resize-width-2000-upscale-true/{digest}.png"
    with full_disk(2_000):
        answer = rokka.render(path)
    assert answer.status_code == 507, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert rokka.render(path).status_code == 200


def test_full_disk__is_answered_in_process(emulator: Emulator) -> None:
    with EmulatorAdapter(emulator).make_session() as session:
        url, headers = "http://rokka.emulator", {"Api-Key": API_KEY}
        session.get(f"{url}/", headers=headers)
        with full_disk(100_000):
            files = {"filedata": ("a.png", os.urandom(300_000))}
            answer = session.post(f"{url}/sourceimages/demo", files=files, headers=headers)
    assert answer.status_code == 507


def test_missing_file__is_named(rokka: Rokka) -> None:
    digest = rokka.upload(PICTURE)["hash"]
    binaries = rokka.server.emulator.root / "binaries"
    (path,) = (path for path in binaries.rglob("*") if path.is_file())
    path.unlink()
    answers = [
        rokka.render(f"/dynamic/noop/{digest}.png"),
        rokka.api("GET", f"/sourceimages/demo/{digest}/download"),
    ]
    for answer in answers:
        assert answer.status_code == 500
        assert f"is missing: {path}" in answer.json()["error"]["message"]


def test_locked_database__is_named_and_reads_go_on(
    rokka: Rokka, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = make_member(rokka, "write")
    root = rokka.server.emulator.root
    monkeypatch.setattr("django_rokka.emulator.store.database._PATIENCE", 0.1)
    rokka.server.emulator.close()
    with closing(sqlite3.connect(root / "rokka.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        written = rokka.put_stack("thumb", {"operations": []})
        read = rokka.api("GET", "/stacks/demo", headers=member.headers)
    assert (written.status_code, read.status_code) == (503, 200)
    message = written.json()["error"]["message"]
    assert f"The database of the root {root} cannot be used: database is locked." in message


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 507),
        (OSError(errno.EMFILE, "Too many open files"), 503),
        (sqlite3.OperationalError("database or disk is full"), 507),
        (sqlite3.DatabaseError("database disk image is malformed"), 503),
    ],
)
def test_reason__decides_about_the_status(
    tmp_path: Path, error: OSError | sqlite3.Error, status: int
) -> None:
    refusal = explain_root_error(error, tmp_path)
    assert refusal is not None
    assert (refusal.code, str(tmp_path) in str(refusal.description)) == (status, True)


@pytest.mark.parametrize(
    "error", [ConnectionResetError("gone"), sqlite3.IntegrityError("not unique"), sqlite3.Error()]
)
def test_other_errors__are_not_of_the_root(tmp_path: Path, error: OSError | sqlite3.Error) -> None:
    assert explain_root_error(error, tmp_path) is None
