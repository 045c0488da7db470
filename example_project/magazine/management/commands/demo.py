"""Show the magazine: one command from an empty folder to pages full of pictures."""

from __future__ import annotations

import secrets
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import connections

from django_rokka import stacks
from django_rokka.storage import get_rokka_storage

from magazine.demo.check import check
from magazine.demo.pictures import get_pictures
from magazine.demo.populate import populate
from magazine.demo.server import get_address, make_server, serve_in_background

_UNFINISHED = 130
"""Exit status of a check that was interrupted; shells say the same of Ctrl-C."""


class Command(BaseCommand):
    help = "Fill the magazine with pictures and serve it; with --check, prove that it works."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--images", type=Path, metavar="DIR", help="take photographs from here")
        parser.add_argument("--port", type=int, default=8000, help="port to serve on (8000)")
        parser.add_argument(
            "--check",
            action="store_true",
            help="fetch every page and picture on a free port, replace the logo, and say if all"
            " is well by a table and the exit status",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _interrupt)
        # The port comes first: where it is taken, nothing has been changed yet.
        with make_server(0 if options["check"] else options["port"]) as server:
            try:
                call_command("migrate", verbosity=0)
                self._fill(options["images"])
                if options["check"]:
                    self._check(server)
                else:
                    self._serve(server)
            except KeyboardInterrupt:
                self._say("Stopped.")
                if options["check"]:
                    sys.exit(_UNFINISHED)
            finally:
                connections.close_all()

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _fill(self, images: Path | None) -> None:
        storage = get_rokka_storage()
        keeper = f"{type(storage).__name__} for the organization {storage.config.organization!r}"
        self._say(f"Pictures are kept by {keeper}.")
        self._say(f"Declared the stacks {', '.join(stacks.apply(storage))}.")
        studio = settings.DATA_DIR / "landscapes"
        populate(get_pictures(images, studio=studio, report=self._say), report=self._say)

    def _serve(self, server: ThreadedWSGIServer) -> None:
        user, password = _make_user("admin")
        address = get_address(server)
        self._say("")
        self._say(f"  The magazine   {address}")
        self._say(f"  The admin      {address}admin/    name: {user}    password: {password}")
        self._say("  Stop it with   Ctrl-C")
        self._say("")
        server.serve_forever()

    def _check(self, server: ThreadedWSGIServer) -> None:
        # A user of its own, so that a magazine that is being served keeps its password.
        user, password = _make_user("check")
        try:
            with serve_in_background(server) as address:
                is_well = check(address, user=user, password=password, say=self._say)
        finally:
            get_user_model().objects.filter(username=user).delete()
        if not is_well:
            sys.exit(1)


def _make_user(name: str) -> tuple[str, str]:
    """Make a superuser with a new password, so that no known one is ever left behind."""
    password = secrets.token_urlsafe(9)
    rights = {"is_staff": True, "is_superuser": True}
    user, _is_new = get_user_model().objects.get_or_create(username=name, defaults=rights)
    user.set_password(password)
    user.save()
    return name, password


def _interrupt(*_signal: object) -> NoReturn:
    raise KeyboardInterrupt
