"""The SQLite file: its tables, its connections, its transactions."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Database"]

_TABLES = """
CREATE TABLE IF NOT EXISTS organization (
    name TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    created TEXT NOT NULL,
    signing_key TEXT NOT NULL,
    options TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS organization_profile (
    name TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    billing_email TEXT NOT NULL,
    master_organization TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS user (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS api_key (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    comment TEXT,
    created TEXT NOT NULL,
    accessed TEXT,
    restrictions TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS membership (
    organization TEXT NOT NULL,
    user_id TEXT NOT NULL,
    roles TEXT NOT NULL,
    comment TEXT,
    created TEXT NOT NULL,
    last_access TEXT,
    PRIMARY KEY (organization, user_id)
);
CREATE TABLE IF NOT EXISTS secret (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS source_image (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    organization TEXT NOT NULL,
    hash TEXT NOT NULL,
    short_hash TEXT NOT NULL,
    binary_hash TEXT NOT NULL,
    created TEXT NOT NULL,
    name TEXT NOT NULL,
    mimetype TEXT NOT NULL,
    format TEXT NOT NULL,
    size INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    opaque INTEGER NOT NULL,
    animated INTEGER NOT NULL,
    protected INTEGER NOT NULL,
    locked INTEGER NOT NULL,
    user_metadata TEXT NOT NULL,
    dynamic_metadata TEXT NOT NULL,
    deleted TEXT,
    optimized_hash TEXT,
    UNIQUE (organization, hash)
);
CREATE INDEX IF NOT EXISTS source_image_created
    ON source_image (organization, deleted, created, sequence);
CREATE INDEX IF NOT EXISTS source_image_binary ON source_image (organization, binary_hash);
CREATE TABLE IF NOT EXISTS alias (
    organization TEXT NOT NULL,
    alias TEXT NOT NULL,
    hash TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (organization, alias)
);
CREATE TABLE IF NOT EXISTS stack (
    organization TEXT NOT NULL,
    name TEXT NOT NULL,
    created TEXT NOT NULL,
    definition TEXT NOT NULL,
    PRIMARY KEY (organization, name)
);
CREATE TABLE IF NOT EXISTS invalidation (
    organization TEXT NOT NULL,
    kind TEXT NOT NULL,
    at REAL NOT NULL
);
"""

_PATIENCE = 30
"""Seconds to wait for another process that writes."""


class Database:
    """A small pool of connections to one SQLite file, shared by threads and processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._inherited: list[list[sqlite3.Connection]] = []
        self._process = os.getpid()
        self._lock = threading.Lock()
        # Closes what is idle when the pool is dropped without close(), as at the process's end.
        self._finalizer = weakref.finalize(self, _close_all, self._idle)
        with self.connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_TABLES)
        self._add_new_columns()

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection in autocommit mode, for reading."""
        connection = self._take()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that holds the write lock; all or nothing is written."""
        with self.connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            # After an exception the connection is closed instead, which takes everything back.
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close what is idle; the pool opens new connections when it is used again."""
        with self._lock:
            _close_all(self._idle)

    def _add_new_columns(self) -> None:
        """Bring a file up to date that an earlier version made."""
        with self.transaction() as connection:
            known = {row["name"] for row in connection.execute("PRAGMA table_info(source_image)")}
            if "optimized_hash" not in known:
                connection.execute("ALTER TABLE source_image ADD COLUMN optimized_hash TEXT")

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._process != os.getpid():
                # SQLite forbids to use, or even to close, what a fork inherited.
                self._inherited.append(self._idle)
                self._idle = []
                self._process = os.getpid()
                self._finalizer.detach()
                self._finalizer = weakref.finalize(self, _close_all, self._idle)
            if self._idle:
                return self._idle.pop()
        connection = sqlite3.connect(
            self._path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error:
            # The file is no database.
            connection.close()
            raise
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            self._idle.append(connection)


def _close_all(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()
