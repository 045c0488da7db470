"""``python -m django_rokka.emulator``: serve a local rokka from the command line."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django_rokka.emulator import Emulator, EmulatorServer
from django_rokka.emulator.settings import Settings

__all__ = ["main"]

_KEYS = "ROKKA_EMULATOR_API_KEY"
_DESCRIPTION = """\
Serve a local rokka: the API at /, pictures at /render/<organization>/...,
and a page for people at / in a browser."""
_EPILOG = f"""\
Keys of the command line can be read by everyone who sees the list of processes; {_KEYS}
takes them as well, separated by spaces. --api-key comes before it.

When the emulator is ready it prints one line of JSON with its addresses. SIGTERM and SIGINT
stop it. Its exit code is 0 when it was stopped, 1 when it could not serve, and 2 when it was
called wrongly.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; print one line of JSON when ready."""
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    try:
        Settings(**_pick_settings(options))
    except ValueError as error:
        parser.error(str(error))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    try:
        _serve(options)
    except KeyboardInterrupt:
        return 0
    except (OSError, ValueError) as error:
        print(getattr(error, "strerror", None) or error, file=sys.stderr)
        return 1
    return 0


def _serve(options: dict[str, Any]) -> None:
    keys = options["api_key"] or os.environ.get(_KEYS, "").split()
    emulator = _open(options, keys)
    with EmulatorServer(emulator, host=options["host"], port=options["port"]) as server:
        ready = {
            "api": server.api_host,
            "page": f"{server.api_host}/",
            "render": f"{server.api_host}/render/{{organization}}",
            "organization": emulator.organization,
            "root": str(emulator.root),
        }
        if not keys:
            ready["generated_api_key"] = emulator.api_key
        if not server.is_loopback:
            _warn(server.api_host)
        print(json.dumps(ready), flush=True)
        threading.Event().wait()


def _open(options: dict[str, Any], keys: Sequence[str]) -> Emulator:
    try:
        return Emulator(
            root=options["root"],
            organization=options["organization"],
            api_key=keys[0] if keys else None,
            more_api_keys=keys[1:],
            **_pick_settings(options),
        )
    except (OSError, sqlite3.Error) as error:
        raise ValueError(
            f"Cannot keep anything in {str(options['root'])!r}"
            f" ({getattr(error, 'strerror', None) or error}). Let --root name a folder that this"
            " user may write, and that is empty or an emulator's."
        ) from error


def _warn(address: str) -> None:
    print(
        f"Warning: {address} is reached from other machines too. Whoever reaches it sees pictures"
        " that are not protected; keys and answers travel unencrypted. Leave out --host for this"
        " machine only.",
        file=sys.stderr,
        flush=True,
    )


def _pick_settings(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in Settings.__dataclass_fields__}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m django_rokka.emulator",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "--root",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of everything it remembers; several emulators may share one",
    )
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add(
        "--port",
        type=_read_port,
        default=8642,
        help="port, 0 for a free one (default: %(default)s)",
    )
    add(
        "--organization",
        default="demo",
        metavar="NAME",
        help="organization to make and serve (default: %(default)s)",
    )
    add(
        "--api-key",
        action="extend",
        nargs="+",
        type=_read_key,
        metavar="KEY",
        help="keys that open everything; without one a new one is made and shown",
    )
    _add_settings(parser)
    return parser


def _add_settings(parser: argparse.ArgumentParser) -> None:
    defaults = Settings()
    add = parser.add_argument_group("how it behaves").add_argument
    add(
        "--search-delay",
        type=float,
        default=defaults.search_delay,
        metavar="SECONDS",
        help="time after which searches know of a change (default: %(default)s; some 10 at rokka)",
    )
    add(
        "--free",
        dest="is_paying",
        action="store_false",
        help="new organizations do not pay: 403 for calls that cost something",
    )
    add(
        "--redirect-missing",
        default=defaults.redirect_missing,
        metavar="URL",
        help="where images that are not here are looked for: https://{organization}.rokka.io",
    )
    add(
        "--render-cache-size",
        type=int,
        default=defaults.render_cache_size,
        metavar="BYTES",
        help="size up to which renders are kept (default: %(default)s)",
    )
    add(
        "--render-seconds",
        type=float,
        default=defaults.render_seconds,
        metavar="SECONDS",
        help="time after which a render is given up (default: %(default)s)",
    )
    text = "everybody's imports and remote images may come from private networks"
    add("--private-networks", action="store_true", help=text)


def _read_port(text: str) -> int:
    if not text.isdecimal() or int(text) >= 65_536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port, must be from 0 to 65535.")
    return int(text)


def _read_key(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError(
            "a key is empty. Is the variable that it comes from set? Leave --api-key out for a new"
            " one."
        )
    return text


if __name__ == "__main__":
    sys.exit(main())
