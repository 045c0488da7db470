"""The SQLite file: its connections, its transactions, and how it is brought up to date."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django_rokka.emulator.store.search_index import index_all
from django_rokka.emulator.store.tables import TABLES

__all__ = ["Database", "LaterVersion"]

_PATIENCE = 30
"""Seconds to wait for another process that writes."""
_MAPPED = 2**30
"""Bytes of the file that are read as memory, without a copy."""
_VERSION = 2
"""Files of a lower one have another search index, or none yet."""
_NEW_COLUMNS = (
    ("source_image", "optimized_hash", "TEXT"),
    ("source_image", "static_metadata", "TEXT NOT NULL DEFAULT '{}'"),
    ("organization", "is_paying", "INTEGER NOT NULL DEFAULT 1"),
)


class LaterVersion(sqlite3.OperationalError):
    """A file was written by an emulator that is newer than this one."""


class Database:
    """A small pool of connections to one SQLite file, shared by threads and processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._inherited: list[list[sqlite3.Connection]] = []
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._around = threading.local()
        self._prepare: list[Callable[[sqlite3.Connection], None]] = []
        # Closes what is idle when the pool is dropped without close(), as at the process's end.
        self._finalizer = weakref.finalize(self, _close_all, self._idle)
        with self.connection() as connection:
            _check_version(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(TABLES)
        self._update()

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection in autocommit mode, for reading; or that of the transaction around."""
        if (around := getattr(self._around, "connection", None)) is not None:
            yield around
            return
        connection = self._take()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that holds the write lock; all or nothing is written.

        Whatever the same thread reads and writes meanwhile belongs to the transaction.
        """
        with self.connection() as connection:
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            # Another process may have brought the file up to date since it was opened.
            _check_version(connection, self._path)
            self._around.connection = connection
            try:
                yield connection
            finally:
                del self._around.connection
            # After an exception the connection is closed instead, which takes everything back.
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close what is idle; the pool opens new connections when it is used again."""
        with self._lock:
            _close_all(self._idle)

    def on_open(self, prepare: Callable[[sqlite3.Connection], None]) -> None:
        """Prepare every connection from here on."""
        self._prepare.append(prepare)
        self.close()

    def _update(self) -> None:
        """Bring a file up to date that an earlier version made."""
        with self.transaction() as connection:
            for table, column, definition in _NEW_COLUMNS:
                known = {row["name"] for row in connection.execute(f"PRAGMA table_info({table})")}
                if column not in known:
                    connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} {definition}")
            if _read_version(connection) < _VERSION:
                connection.execute("DROP TABLE IF EXISTS search_value")
                index_all(connection)
                connection.execute(f"PRAGMA user_version = {_VERSION}")

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
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute(f"PRAGMA mmap_size = {_MAPPED}")
            for prepare in self._prepare:
                prepare(connection)
        except sqlite3.Error:
            # The file is no database.
            connection.close()
            raise
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            self._idle.append(connection)


def _read_version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    version = _read_version(connection)
    if version > _VERSION:
        raise LaterVersion(
            f"{path} has version {version}, and this emulator knows versions up to {_VERSION}."
            " Upgrade it, or use another root."
        )


def _close_all(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()
