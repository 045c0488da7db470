"""One move: what an alias has to be is asked of rokka, and written down as done."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from django_rokka import invalidation
from django_rokka.aliases.leases import Lease
from django_rokka.aliases.owners import get_column, get_owning_field, parse_name
from django_rokka.aliases.reports import Result
from django_rokka.conf import as_stored
from django_rokka.exceptions import (
    AliasExists,
    ConnectionFailed,
    NotFound,
    OrganizationNotFound,
    RateLimited,
    RokkaError,
    ServerError,
)
from django_rokka.fields import RokkaImage
from django_rokka.render.reference import MAX_LENGTH
from django_rokka.signals import alias_failed, alias_moved
from django_rokka.storage import RokkaStorage

if TYPE_CHECKING:
    from django_rokka.client.endpoints.aliases import Aliases

__all__ = ["Applied", "move"]

_LONGEST_CALL = 10.0
_SHORTEST_CALL = 0.5
_LONGEST_PAUSE = timedelta(hours=1)
_GATEWAYS = (502, 504)
_FIRST_PAUSE = timedelta(minutes=1)

logger = logging.getLogger("django_rokka.aliases")


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of an alias, by which storage, and with what error.

    ``is_clearing`` says that its cache is wished to be cleared, ``is_outrun`` that its target is
    another one by now.
    """

    result: Result
    storage: RokkaStorage
    failure: RokkaError | None = None
    is_clearing: bool = False
    is_outrun: bool = False

    def after(self, first: Applied | None) -> Applied:
        """Return this with what an earlier round has done too."""
        if first is None:
            return self
        return replace(self, is_clearing=self.is_clearing or first.is_clearing)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What an alias has to point at: as its owner's column says, or it says itself.

    ``text`` is what the column holds, ``written`` what it has to hold with the alias in it.
    """

    hash: str
    field: RokkaImage | None = None
    text: str = ""
    written: str = ""


class _HeldUp(RokkaError):
    """A lease was taken so long ago that its call could come after another process's."""


class _Overtaken(Exception):  # no error: the other one does it
    """Another process has taken the alias meanwhile."""


def move(lease: Lease, storage: RokkaStorage, *, ends: float) -> Applied:
    """Do what a leased alias waits for; calls end by ``ends`` of the monotonic clock."""
    act = _Move(lease, storage, ends=ends)
    return act.delete() if not lease.alias.target_hash else act.point()


class _Move:
    """What is done with one alias under one lease."""

    def __init__(self, lease: Lease, storage: RokkaStorage, *, ends: float) -> None:
        self._lease = lease
        self._alias = lease.alias
        self._storage = storage
        self._ends = ends

    def point(self) -> Applied:
        """Point the alias at its image, unless it does."""
        alias = self._alias
        try:
            wanted = self._read_wanted()
            if wanted is None:
                is_same = self._lease.settle(due_at=None, last_error="", attempts=0)
                return replace(self._finish("in_step"), is_outrun=not is_same)
            if alias.confirmed_hash == wanted.hash and not alias.asked_hash:
                previous, outcome = "", "in_step"
            else:
                previous = self._ask(wanted.hash)
                outcome = "moved" if previous else "created"
        except _Overtaken:
            return self._finish("busy", hash=alias.target_hash)
        except RokkaError as error:
            return self._fail(error, hash=alias.target_hash)
        return self._confirm(wanted, outcome, previous)

    def delete(self) -> Applied:
        """Delete the name at rokka, if this site has set it, and then here."""
        alias = self._alias
        try:
            is_ours = bool(alias.confirmed_hash)
            if not is_ours and alias.asked_hash:
                is_ours = self._look() == alias.asked_hash
            if is_ours:
                self._check_time()
                self._delete_remote()
        except RokkaError as error:
            return self._fail(error, hash="")
        with transaction.atomic(using=self._lease.using):
            is_done, _ = self._lease.row.filter(target_hash="").delete()
            if not is_done:
                # A row has claimed it meanwhile, or another process has.
                is_kept = self._lease.release(
                    confirmed_hash="", asked_hash="", due_at=timezone.now()
                )
                if is_ours and not is_kept:
                    self._lease.confess(alias.confirmed_hash or alias.asked_hash)
            is_clearing = is_ours and self._wish()
        if is_ours:
            logger.info(
                "The alias %r is deleted (organization %s).", alias.name, alias.organization
            )
        applied = self._finish("deleted", previous=alias.confirmed_hash)
        return replace(applied, is_clearing=is_clearing, is_outrun=not is_done)

    def _read_wanted(self) -> _Wanted | None:
        """Return what the alias has to be; ``None`` for one that never was and has no image.

        The name of a row that is gone, or has lost its image, goes on showing the last one.
        """
        alias = self._alias
        if not alias.is_owned:
            return _Wanted(alias.target_hash)
        last = _Wanted(alias.target_hash) if alias.confirmed_hash or alias.asked_hash else None
        try:
            field = get_owning_field(alias)
        except LookupError:
            return last
        column = get_column(alias, field, using=self._lease.using)
        text = column.values_list(field.attname, flat=True).first()
        reference = parse_name(text, field=field)
        if text is None or reference is None:
            return last
        # Before the call: a column without room is to move nothing.
        written = reference._replace(alias=alias.name).fit(field.max_length or MAX_LENGTH)
        return _Wanted(reference.hash, field=field, text=text, written=str(written))

    def _ask(self, hash: str) -> str:
        """Point the name at an image at rokka; return at what it may have pointed before."""
        alias = self._alias
        if not alias.confirmed_hash and alias.asked_hash:
            # An answer was lost, so nobody knows whose the name is.
            found = self._look()
            if found in (hash, alias.asked_hash):
                alias.confirmed_hash = found
        previous = alias.get_previous(hash)
        self._check_time()
        self._note_asked(hash)
        is_ours = bool(alias.confirmed_hash)
        try:
            self._aliases.create(alias.name, hash, overwrite=is_ours, deadline=self._seconds)
        except AliasExists as error:
            found = self._look()
            if found not in (hash, ""):
                if not alias.overwrite:
                    self._lease.note(asked_hash="")
                    raise self._refuse(hash, found, error) from error
                # Before it is overwritten: caches may have it, also if nobody hears the answer.
                previous = found
                if not self._lease.note(confirmed_hash=found):
                    raise _Overtaken from error
            self._aliases.create(alias.name, hash, overwrite=bool(found), deadline=self._seconds)
        return previous

    def _note_asked(self, hash: str) -> None:
        """Say it before it is asked, so that what a process leaves that dies is no stranger's."""
        alias = self._alias
        alias.asked_hash = hash
        if not self._lease.note(asked_hash=hash, confirmed_hash=alias.confirmed_hash):
            raise _Overtaken

    def _look(self) -> str:
        """Return what the name points at; an empty text for nothing."""
        try:
            return self._aliases.get(self._alias.name, deadline=self._seconds).hash
        except OrganizationNotFound:
            raise
        except NotFound:
            return ""

    def _delete_remote(self) -> None:
        try:
            self._aliases.delete(self._alias.name, deadline=self._seconds)
        except OrganizationNotFound:
            raise
        except NotFound:
            logger.info("The alias %r was gone already.", self._alias.name)

    def _confirm(self, wanted: _Wanted, outcome: str, previous: str) -> Applied:
        """Write down what rokka has accepted, in one transaction: the column, then the alias."""
        alias, lease = self._alias, self._lease
        accepted = {
            "confirmed_hash": wanted.hash,
            "asked_hash": "",
            "attempts": 0,
            "last_error": "",
            "overwrite": False,
        }
        with transaction.atomic(using=lease.using):
            is_written = self._write_column(wanted)
            is_settled = is_written and lease.row.filter(target_hash=alias.target_hash).update(
                claimed_until=None, due_at=None, target_hash=wanted.hash, **accepted
            )
            is_kept = is_settled or lease.release(due_at=timezone.now(), **accepted)
            is_clearing = bool(previous) and self._wish()
        if not is_kept:
            lease.confess(wanted.hash)
        reference = wanted.written if is_written else ""
        applied = self._finish(outcome, hash=wanted.hash, previous=previous, reference=reference)
        if outcome != "in_step":
            self._tell_moved(wanted.hash, previous)
        return replace(applied, is_clearing=is_clearing, is_outrun=not is_settled)

    def _write_column(self, wanted: _Wanted) -> bool:
        """Compare and set: where the column has another image by now, the alias follows it."""
        if wanted.field is None:
            return True
        if wanted.written == wanted.text:
            return True
        name = wanted.field.attname
        column = get_column(self._alias, wanted.field, using=self._lease.using)
        return bool(column.filter(**{name: wanted.text}).update(**{name: wanted.written}))

    def _wish(self) -> bool:
        """Wish that caches forget what they have, if this site may ask for it at all."""
        if not self._storage.config.invalidation_shares["alias"]:
            return False
        invalidation.request("alias", self._alias.name, storage=self._storage)
        return True

    def _fail(self, error: RokkaError, *, hash: str) -> Applied:
        """Note why it was not done, and when it is tried again."""
        alias = self._alias
        attempts = alias.attempts + 1
        is_same = self._lease.settle(
            # What was sent may still arrive, and is not to overtake the next try.
            claimed_until=alias.claimed_until if _is_unknown(error) else None,
            attempts=attempts,
            last_error=str(error),
            due_at=_get_next_try(attempts, error),
        )
        if not is_same and not self._lease.row.exists():
            self._lease.confess(alias.asked_hash or alias.confirmed_hash)
        what = "moved" if alias.target_hash else "deleted"
        logger.error(
            "The alias %r was not %s (organization %s, attempt %d): %s",
            alias.name,
            what,
            alias.organization,
            attempts,
            error,
        )
        storage = self._storage
        alias_failed.send_robust(type(storage), storage=storage, name=alias.name, error=error)
        applied = self._finish("failed", hash=hash, error=str(error))
        return replace(applied, failure=error, is_outrun=not is_same)

    def _tell_moved(self, hash: str, previous: str) -> None:
        alias, storage = self._alias, self._storage
        logger.info(
            "The alias %r points at %s (organization %s, before: %s).",
            alias.name,
            hash,
            alias.organization,
            previous or "nothing",
        )
        alias_moved.send_robust(
            type(storage), storage=storage, name=alias.name, hash=hash, previous=previous
        )

    def _finish(self, outcome: str, **parts: str) -> Applied:
        return Applied(Result(name=self._alias.name, outcome=outcome, **parts), self._storage)

    def _refuse(self, hash: str, found: str, error: AliasExists) -> AliasExists:
        name = self._alias.name
        return AliasExists(
            f"The alias {name!r} points at {found} and this project did not set it, so it was not"
            f" moved to {hash}. Take it over (rokka_alias adopt {name}), delete it at rokka, or"
            " use another name.",
            status=error.status,
            method=error.method,
            path=error.path,
            detail=error.detail,
        )

    def _check_time(self) -> None:
        if self._lease.is_late:
            raise _HeldUp("The process was held up after it took the alias. Another try follows.")

    @property
    def _aliases(self) -> Aliases:
        return self._storage.client.aliases

    @property
    def _seconds(self) -> float:
        """How long the next call may take with all its tries."""
        return min(_LONGEST_CALL, max(_SHORTEST_CALL, self._ends - time.monotonic()))


def _is_unknown(error: RokkaError) -> bool:
    """Say whether rokka may have done, or may still do, what it gave no answer to."""
    return isinstance(error, ConnectionFailed) or (
        isinstance(error, ServerError) and error.status in _GATEWAYS
    )


def _get_next_try(attempts: int, error: RokkaError) -> datetime:
    """Return when to try again: after 1, 2, 4 ... minutes, 60 at most, or when rokka says."""
    now = timezone.now()
    pause = min(_FIRST_PAUSE * 2 ** min(attempts - 1, 10), _LONGEST_PAUSE)
    moment: datetime = now + pause
    if isinstance(error, RateLimited) and error.retry_at is not None:
        moment = min(max(moment, as_stored(error.retry_at)), now + _LONGEST_PAUSE)
    return moment
