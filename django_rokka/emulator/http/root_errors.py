"""Refusals for what goes wrong with the root: its disk, its database, its files."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

__all__ = ["explain_root_error"]

_FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
_UNUSABLE = frozenset(
    {errno.EACCES, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EPERM, errno.EROFS}
)


class _Full(HTTPException):
    code = 507


def explain_root_error(error: OSError | sqlite3.Error, root: Path) -> HTTPException | None:
    """Return the refusal that names root and reason; ``None`` for what has another cause."""
    if isinstance(error, sqlite3.Error):
        return _explain_database(error, root)
    if error.errno in _FULL:
        return _full(root, error.strerror or str(error))
    if error.errno in _UNUSABLE:
        return ServiceUnavailable(
            f"The root {root} cannot be used: {error.strerror}. Look after it, then try again."
        )
    if isinstance(error, FileNotFoundError):
        return InternalServerError(
            f"A file of the root {root} is missing: {error.filename}. Bring it back, or delete its"
            " image and upload it again."
        )
    return None


def _explain_database(error: sqlite3.Error, root: Path) -> HTTPException | None:
    if not isinstance(error, sqlite3.DatabaseError) or isinstance(
        error, sqlite3.IntegrityError | sqlite3.ProgrammingError
    ):
        return None
    reason = str(error)
    if "full" in reason:
        return _full(root, reason)
    remedy = "Look after it, then try again."
    if "locked" in reason:
        remedy = "Another process holds it; try again when that has finished."
    return ServiceUnavailable(f"The database of the root {root} cannot be used: {reason}. {remedy}")


def _full(root: Path, reason: str) -> HTTPException:
    return _Full(f"The root {root} takes nothing more: {reason}. Make room on its disk.")
