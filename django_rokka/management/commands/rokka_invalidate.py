"""Clear what the CDN holds of aliases, images and stacks."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from django_rokka import invalidation
from django_rokka.exceptions import RokkaError
from django_rokka.invalidation.budgets import get_database
from django_rokka.storage import RokkaStorage, get_rokka_storage

__all__ = ["Command"]

Wished = list[tuple[str, str]]


class Command(BaseCommand):
    """Wish for invalidations and send what rokka takes now; the rest waits for a drain."""

    help = (
        "Clear what rokka's CDN holds of aliases, images (--image) and stacks (--stack), within"
        " the hourly budget. What it does not allow now is sent by --drain, which cron may run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("aliases", nargs="*", metavar="ALIAS", help="The name of an alias.")
        for name, metavar, what in (("image", "HASH", "hash"), ("stack", "NAME", "name")):
            parser.add_argument(
                f"--{name}",
                action="append",
                default=[],
                metavar=metavar,
                dest=f"{name}s",
                help=f"The {what} of {'an' if name == 'image' else 'a'} {name}; may be repeated.",
            )
        parser.add_argument("--drain", action="store_true", help="Send what waits and may be sent.")
        parser.add_argument(
            "--status", action="store_true", help="Say what waits, and for how long."
        )
        parser.add_argument("--json", action="store_true", help="Write JSON, for programs.")
        parser.add_argument("--storage", metavar="ALIAS", help="A rokka storage in STORAGES.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do one of the three."""
        wished = [
            *(("alias", key) for key in options["aliases"]),
            *(("image", key) for key in options["images"]),
            *(("stack", key) for key in options["stacks"]),
        ]
        if [bool(wished), options["drain"], options["status"]].count(True) != 1:
            raise CommandError(
                "Say what to clear (aliases, --image HASH, --stack NAME), or --drain, or --status:"
                " one of the three."
            )
        try:
            storage = get_rokka_storage(options["storage"])
            if wished:
                self._clear(storage, wished, as_json=options["json"])
            elif options["drain"]:
                self._drain(storage, as_json=options["json"])
            else:
                status = invalidation.get_status(storage)
                self._write(status.as_json() if options["json"] else str(status))
        except (ImproperlyConfigured, RokkaError) as error:
            raise CommandError(str(error)) from error

    def _clear(self, storage: RokkaStorage, wished: Wished, *, as_json: bool) -> None:
        with transaction.atomic(using=get_database()):  # all of them, or none that is misspelt
            wishes = [
                invalidation.request(*each, storage=storage) for each in dict.fromkeys(wished)
            ]
        invalidation.drain(storage)
        status = invalidation.get_status(storage)
        lines, failures = [], []
        for wish in wishes:
            wish.refresh_from_db()
            waiting = status.get(wish.kind, wish.key) if not wish.outcome else None
            outcome = waiting.when if waiting else wish.outcome
            lines.append(
                {"kind": wish.kind, "key": wish.key, "outcome": outcome, "error": wish.last_error}
            )
            if wish.last_error and not waiting:
                failures.append(f"{wish}: {wish.last_error}")
        if as_json:
            self._write(lines)
        else:
            for line in lines:
                error = f" ({line['error']})" if line["error"] else ""
                self.stdout.write(f"{line['kind']} {line['key']}: {line['outcome']}{error}")
        if failures:
            raise CommandError("\n".join(failures))

    def _drain(self, storage: RokkaStorage, *, as_json: bool) -> None:
        report = invalidation.drain(storage)
        self._write(report.as_json() if as_json else str(report))
        for result in report.errors:
            self.stderr.write(str(result))

    def _write(self, data: Any) -> None:
        self.stdout.write(data if isinstance(data, str) else json.dumps(data, indent=2))
