"""List aliases, set them, and bring back into step what is not."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import chain, islice
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from django_rokka import aliases, invalidation
from django_rokka.aliases.applying import get_databases
from django_rokka.aliases.owners import get_owning_field
from django_rokka.aliases.pointing import find
from django_rokka.conf import as_aware
from django_rokka.exceptions import RokkaError, UnknownAlias
from django_rokka.models import Alias, AliasQuerySet
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage, get_rokka_storage

__all__ = ["Command"]

_SHORT = 12
"""Digits of a hash that people read."""

_STATES = ("in_step", "pending", "failed", "deleting")
_ACTS = {
    "list": "Tell all aliases of the organization, without asking rokka.",
    "show": "Tell all that is known here of an alias, without asking rokka.",
    "set": "Point a name of one's own at an image.",
    "delete": "Delete names that no row has, here and at rokka.",
    "adopt": "Take over names that rokka has, or that are another environment's.",
    "verify": "Ask rokka where aliases point.",
    "apply": "Reconcile, and move all aliases that are due.",
    "reconcile": "Compare columns with aliases, without asking rokka.",
}
_READING = ("list", "show")

_Options = dict[str, Any]


class Command(BaseCommand):
    """Manage the aliases of a storage's organization."""

    help = (
        "Manage aliases. `rokka_alias apply` puts right whatever was left behind: run it by cron."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what can be done, and the options of each."""
        acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
        parsers = {act: acts.add_parser(act, help=text) for act, text in _ACTS.items()}
        parsers["list"].add_argument("--state", choices=_STATES, help="Those in this state only.")
        parsers["list"].add_argument(
            "--owner",
            metavar="LABEL",
            help="Those of a model, such as shop.Brand; an empty text: those that no row has.",
        )
        parsers["show"].add_argument("name", metavar="NAME")
        parsers["set"].add_argument("name", metavar="NAME")
        parsers["set"].add_argument("hash", metavar="HASH", help="The hash of an image.")
        parsers["set"].add_argument(
            "--overwrite", action="store_true", help="Also if somebody else has set it at rokka."
        )
        for act, count in (("delete", "+"), ("adopt", "*"), ("verify", "*")):
            parsers[act].add_argument("names", nargs=count, metavar="NAME")
        parsers["adopt"].add_argument(
            "--all", action="store_true", help="All of the organization's other environments."
        )
        parsers["verify"].add_argument(
            "--repair", action="store_true", help="Have apply put back what others have changed."
        )
        parsers["apply"].add_argument(
            "--limit", type=_read_limit, metavar="N", help="Try so many at most."
        )
        parsers["apply"].add_argument(
            "--no-reconcile", action="store_true", help="Move only what is known to be due."
        )
        for act, its in parsers.items():
            its.add_argument("--json", action="store_true", help="Write JSON, for programs.")
            its.add_argument("--storage", metavar="ALIAS", help="A rokka storage in STORAGES.")
            if act not in _READING:
                its.add_argument(
                    "--dry-run", action="store_true", help="Say what would be done, and do nothing."
                )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do one of the acts."""
        acts: dict[str, Callable[[RokkaStorage, _Options], None]] = {
            "list": self._list,
            "show": self._show,
            "set": self._set,
            "delete": self._delete,
            "adopt": self._adopt,
            "verify": self._verify,
            "apply": self._apply,
            "reconcile": self._reconcile,
        }
        try:
            acts[options["act"]](get_rokka_storage(options["storage"]), options)
        except (ImproperlyConfigured, RokkaError) as error:
            raise CommandError(str(error)) from error

    def _list(self, storage: RokkaStorage, options: _Options) -> None:
        wishes = invalidation.get_status(storage).wishes
        waiting = {wish.key: wish.when for wish in wishes if wish.kind == "alias"}
        its = (
            alias
            for alias in _iter_aliases(storage, owner=options["owner"])
            if options["state"] in (None, alias.state)
        )
        if options["json"]:
            self._write_all(_as_json(alias, waiting.get(alias.name, "")) for alias in its)
            return
        environment = storage.config.environment
        for alias in its:
            line = _describe(alias, waiting.get(alias.name, ""), environment=environment)
            self.stdout.write(line)

    def _show(self, storage: RokkaStorage, options: _Options) -> None:
        alias = find(options["name"], storage=storage)
        if alias is None:
            raise UnknownAlias(
                f"This site has no alias {options['name']!r}. If rokka has it, take it over:"
                f" rokka_alias adopt {options['name']}."
            )
        wish = invalidation.get_status(storage).get("alias", alias.name)
        known = {
            **_as_json(alias, wish.when if wish else ""),
            "asked_hash": alias.asked_hash,
            "attempts": alias.attempts,
            "last_error": alias.last_error,
            "changed": _write_moment(alias.changed),
            "url": _make_url(alias, storage),
        }
        if options["json"]:
            self._write(known)
            return
        for name, value in known.items():
            self.stdout.write(f"{name.replace('_', ' ')}: {'-' if value in ('', None) else value}")

    def _set(self, storage: RokkaStorage, options: _Options) -> None:
        target = options["hash"]

        def point(name: str) -> Alias:
            return aliases.point(name, target, storage=storage, overwrite=options["overwrite"])

        self._act(point, [options["name"]], options, done=f"pointed at {target[:_SHORT]}")

    def _delete(self, storage: RokkaStorage, options: _Options) -> None:
        def delete(name: str) -> Alias | None:
            return aliases.delete(name, storage=storage)

        self._act(delete, options["names"], options, done="deleted")

    def _adopt(self, storage: RokkaStorage, options: _Options) -> None:
        if bool(options["names"]) == options["all"]:
            raise CommandError("Say which aliases to take over: their names, or --all.")
        names = options["names"]
        if options["all"]:
            environment = storage.config.environment
            known = _iter_aliases(storage)
            names = [alias.name for alias in known if alias.environment != environment]

        def adopt(name: str) -> Alias:
            return aliases.adopt(name, storage=storage)

        self._act(adopt, names, options, done="taken over")

    def _verify(self, storage: RokkaStorage, options: _Options) -> None:
        is_repairing = options["repair"] and not options["dry_run"]
        found = aliases.verify(storage=storage, names=options["names"] or None, repair=is_repairing)
        counts = Counter[str]()
        counted = _count_states(found, counts)
        if options["json"]:
            self._write_all(verification.as_json() for verification in counted)
        else:
            planned = "apply puts it right" if is_repairing else "apply would put it right"
            for verification in counted:
                is_repaired = options["repair"] and verification.is_wrong
                self.stdout.write(f"{verification}{f' ({planned})' if is_repaired else ''}")
        wrong = 0 if options["repair"] else counts["drifted"] + counts["gone"]
        problems = []
        if wrong:
            problems.append(f"Not where they shall be: {wrong}. verify --repair puts them right.")
        if counts["unknown"]:
            problems.append(f"Not to be verified now: {counts['unknown']}.")
        if problems:
            raise CommandError("\n".join(problems))

    def _apply(self, storage: RokkaStorage, options: _Options) -> None:
        told: _Options = {}
        failures: list[str] = []
        if not options["no_reconcile"]:
            compared = aliases.reconcile(storage=storage, dry_run=options["dry_run"])
            told["reconcile"] = compared.as_json()
            failures += compared.problems
            self._say(str(compared), options)
        if options["dry_run"]:
            planned = list(_iter_planned(storage, limit=options["limit"]))
            told["due"] = [alias.name for alias in planned]
            for alias in planned:
                act = f"pointed at {alias.target_hash[:_SHORT]}" if alias.target_hash else "deleted"
                self._say(f"{alias.name}: would be {act}", options)
        else:
            report = aliases.apply(storage=storage, limit=options["limit"])
            told["apply"] = report.as_json()
            failures += map(str, report.errors)
            for result in report.results:
                self._say("" if result.error else str(result), options)
            self._say(str(report), options)
        if options["json"]:
            self._write(told)
        if failures:
            raise CommandError("\n".join(failures))

    def _reconcile(self, storage: RokkaStorage, options: _Options) -> None:
        report = aliases.reconcile(storage=storage, dry_run=options["dry_run"])
        self._say(str(report), options)
        if options["json"]:
            self._write(report.as_json())
        if report.problems:
            raise CommandError("\n".join(report.problems))

    def _act(
        self,
        act: Callable[[str], Alias | None],
        names: Iterable[str],
        options: _Options,
        *,
        done: str,
    ) -> None:
        """Do the same with each name, and tell of it; what fails hinders no other."""
        lines: list[_Options] = []
        failures: list[str] = []
        is_trial = options["dry_run"]
        for name in dict.fromkeys(names):
            try:
                with _trial(is_trial=is_trial):
                    alias = act(name)
            except RokkaError as error:
                failures.append(str(error))
                lines.append({"name": name, "outcome": "refused", "error": str(error)})
                continue
            is_waiting = not is_trial and alias is not None and alias.state != "in_step"
            if alias is not None and is_waiting:
                outcome = f"{alias.state}{_write_attempt(alias)}"
            else:
                outcome = f"would be {done}" if is_trial else done
            reason = alias.last_error if alias is not None and is_waiting else ""
            self._say(f"{name}: {outcome}{f' ({reason})' if reason else ''}", options)
            lines.append({"name": name, "outcome": outcome, "error": reason})
        if options["json"]:
            self._write(lines)
        if failures:
            raise CommandError("\n".join(failures))

    def _say(self, line: str, options: _Options) -> None:
        """Write a line for people, if there is one."""
        if line and not options["json"]:
            self.stdout.write(line)

    def _write(self, data: Any) -> None:
        self.stdout.write(json.dumps(data, indent=2))

    def _write_all(self, items: Iterable[_Options]) -> None:
        """Write a JSON array, however long it is, one item a line."""
        separator = "["
        for item in items:
            self.stdout.write(separator)
            self.stdout.write(json.dumps(item), ending="")
            separator = ","
        self.stdout.write("[]" if separator == "[" else "\n]")


def _read_limit(text: str) -> int:
    if text.isdecimal() and int(text):
        return int(text)
    raise ArgumentTypeError(f"{text!r} is no number of aliases, must be 1 or more.")


def _get_rows(storage: RokkaStorage, using: str) -> AliasQuerySet:
    rows: AliasQuerySet = Alias.objects.using(using).filter(
        organization=storage.config.organization
    )
    return rows


def _iter_aliases(storage: RokkaStorage, *, owner: str | None = None) -> Iterator[Alias]:
    """Yield all aliases of the organization, by name; ``owner`` is the label of a model."""
    for using in get_databases():
        rows = _get_rows(storage, using).order_by("name")
        if owner is not None:
            rows = rows.filter(model=owner.lower())
        yield from rows.iterator()


def _iter_planned(storage: RokkaStorage, *, limit: int | None) -> Iterator[Alias]:
    """Yield the aliases that ``apply`` would try now."""
    if storage.config.read_only:
        return
    now = timezone.now()
    rows = (Alias.objects.using(using).of(storage) for using in get_databases())
    yield from islice(chain.from_iterable(its.due(now) for its in rows), limit)


def _count_states(
    verifications: Iterable[aliases.Verification], counts: Counter[str]
) -> Iterator[aliases.Verification]:
    for verification in verifications:
        counts[verification.state] += 1
        yield verification


@contextmanager
def _trial(*, is_trial: bool) -> Iterator[None]:
    """Take back what is written inside, and apply nothing of it, where this is only a trial."""
    with ExitStack() as stack:
        databases = get_databases() if is_trial else []
        for using in databases:
            stack.enter_context(transaction.atomic(using=using))
        yield
        for using in databases:
            transaction.set_rollback(True, using=using)


def _describe(alias: Alias, clearing: str, *, environment: str) -> str:
    """Write an alias in a line."""
    parts = [alias.name, alias.target_hash[:_SHORT] or "-", alias.state.replace("_", " ")]
    parts.append(alias.owner or "no row")
    if alias.environment != environment:
        parts.append(f"of the environment {alias.environment!r}")
    line = f"{'  '.join(parts)}{_write_attempt(alias)}"
    return f"{line}, invalidation: {clearing}" if clearing else line


def _write_attempt(alias: Alias) -> str:
    """Write when a try follows; nothing where none does."""
    if alias.due_at is None:
        return ""
    is_due = alias.due_at <= timezone.now()
    return f", next attempt {'now' if is_due else _write_moment(alias.due_at)}"


def _write_moment(moment: datetime | None) -> str | None:
    return None if moment is None else as_aware(moment).isoformat(timespec="seconds")


def _as_json(alias: Alias, clearing: str) -> _Options:
    return {
        "name": alias.name,
        "hash": alias.target_hash,
        "confirmed_hash": alias.confirmed_hash,
        "state": alias.state,
        "owner": alias.owner,
        "field": alias.field,
        "environment": alias.environment,
        "next_attempt": _write_moment(alias.due_at),
        "invalidation": clearing,
    }


def _make_url(alias: Alias, storage: RokkaStorage) -> str:
    """Return the render URL by the alias, as its field would write it."""
    reference = ImageReference("", alias=alias.name, extension="png")
    try:
        field = get_owning_field(alias) if alias.is_owned else None
    except LookupError:
        field = None
    if field is None:
        return storage.url(reference)
    reference = reference._replace(extension=field.alias_format, is_protected=field.protected)
    return storage.url(reference, field.default_stack)
