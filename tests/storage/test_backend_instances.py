"""The storage as an object: made, compared, pickled, written into migrations."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.core.signals import setting_changed
from pytest_django import Settings

from django_rokka.storage import RokkaStorage

from tests import pictures

OPTIONS = {"organization": "acme", "api_key": "the-key", "signing_key": "the-signing-key"}

IMPORTS = """
import sys
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["django_rokka"])
django.setup()
import django_rokka.storage, django_rokka.fields
heavy = {"PIL", "pyvips", "requests", "tenacity", "urllib3", "werkzeug"}
print(sorted(heavy.intersection(sys.modules)))
"""

UNCONFIGURED = """
import django
from django.conf import settings
from django.core.checks import run_checks
from django.core.management import call_command
settings.configure(
    INSTALLED_APPS=["django_rokka"],
    STORAGES={"rokka": {"BACKEND": "django_rokka.storage.RokkaStorage"}},
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()
print(*[message.id for message in run_checks(tags=["rokka"])])
call_command("makemigrations", "django_rokka", dry_run=True, check_changes=True)
"""

SETUP = """
import os, sys
from django.conf import settings
settings.configure()
from django.core.files.base import ContentFile
from django_rokka.storage import RokkaStorage

picture = sys.stdin.buffer.read()
storage = RokkaStorage(organization="demo", api_key=sys.argv[1], api_host=sys.argv[2], retries=0)
"""

FORK = f"""{SETUP}
names = [storage.save("before.jpg", ContentFile(picture))]
child = os.fork()
names += [storage.save("after.jpg", ContentFile(picture)) for _ in range(5)]
storage.client.close()
if not child:
    os._exit(0 if len(set(names)) == 2 else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
print(names[-1])
"""


def run(code: str, *arguments: object, content: bytes = b"") -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
        input=content,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.stderr.decode() == ""
    return done.stdout.decode().strip()


# Making one


@pytest.mark.parametrize(
    "options",
    [{}, {"colour": "red"}, {"api_key": b"x", "timeout": object()}, {"api_url": 5}, {"stacks": 1}],
    ids=str,
)
def test_storage__is_made_of_anything(options: dict[str, object]) -> None:
    storage = RokkaStorage(**options)

    with pytest.raises(ImproperlyConfigured):
        storage.config  # noqa: B018  # asking is what fails
    with pytest.raises(ImproperlyConfigured):
        storage.client  # noqa: B018  # as above


def test_storage__with_a_host_that_no_url_can_have_is_improperly_configured() -> None:
    storage = RokkaStorage(**OPTIONS, api_host="http://[x")

    with pytest.raises(ImproperlyConfigured):
        storage.client  # noqa: B018  # asking is what fails


def test_storage__reads_a_setting_that_changes_later(settings: Settings) -> None:
    storage = RokkaStorage()
    settings.ROKKA_API_URL = "rokka://the-key@first"
    assert (storage.config.organization, storage.client.organization) == ("first", "first")

    settings.ROKKA_API_URL = "rokka://the-key@second"
    assert (storage.config.organization, storage.client.organization) == ("second", "second")

    settings.ROKKA_API_URL = ""
    with pytest.raises(ImproperlyConfigured, match="has no organization"):
        storage.config  # noqa: B018  # asking is what fails


def test_storage__reads_declared_stacks_that_change_later(settings: Settings) -> None:
    storage = RokkaStorage(**OPTIONS)
    assert storage.stack_definitions == {}

    settings.ROKKA_STACKS = {"thumb": {"operations": []}}

    assert list(storage.stack_definitions) == ["thumb"]


def test_storage__is_forgotten_when_nobody_holds_it() -> None:
    made = [RokkaStorage(**OPTIONS)]
    count = len(find_receivers())

    made.clear()

    assert len(find_receivers()) == count - 1


def find_receivers() -> list[object]:
    return [lookup for lookup in setting_changed.receivers if lookup[1]() is not None]


def test_unconfigured__project_imports_checks_and_makes_migrations() -> None:
    assert (
        run(UNCONFIGURED)
        == "django_rokka.W003 django_rokka.W003\nNo changes detected in app 'django_rokka'"
    )


def test_import__opens_nothing_and_loads_nothing_heavy() -> None:
    assert run(IMPORTS) == "[]"


# Migrations


def test_deconstruct__has_no_options() -> None:
    expected: tuple[str, list[object], dict[str, object]]
    expected = ("django_rokka.storage.RokkaStorage", [], {})

    assert RokkaStorage(**OPTIONS).deconstruct() == expected


def test_deconstruct__of_a_subclass_names_the_subclass() -> None:
    path, _, options = Special(**OPTIONS).deconstruct()

    assert (path, options) == (f"{__name__}.Special", {})


class Special(RokkaStorage):
    pass


# Comparing and copying


def test_storages__are_equal_when_kind_and_options_are() -> None:
    same = {RokkaStorage(**OPTIONS), RokkaStorage(**OPTIONS)}

    assert len(same) == 1
    assert RokkaStorage(**OPTIONS) != RokkaStorage(organization="acme")
    assert RokkaStorage(**OPTIONS) != Special(**OPTIONS)
    assert RokkaStorage() != Storage()


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_copy__is_equal_and_follows_settings(
    settings: Settings, duplicate: type[RokkaStorage]
) -> None:
    again = duplicate(RokkaStorage(organization="acme"))  # type: ignore[call-arg]  # copies
    settings.ROKKA_API_KEY = "the-key"

    assert again == RokkaStorage(organization="acme")
    assert again.config.api_key == "the-key"


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle__gives_a_storage_that_works(rokka: RokkaStorage, protocol: int) -> None:
    rokka.save("a.jpg", ContentFile(pictures.jpeg()))  # there is a connection now

    again = pickle.loads(pickle.dumps(rokka, protocol))  # noqa: S301  # our own

    assert again == rokka
    assert again.save("b.jpg", ContentFile(pictures.jpeg())).endswith("/40x30/b.jpg")
    again.client.close()


def test_repr__shows_the_organization_only() -> None:
    assert repr(RokkaStorage(**OPTIONS)) == "<RokkaStorage 'acme'>"


def test_repr__of_an_unconfigured_storage_does_not_fail() -> None:
    assert repr(RokkaStorage(colour="red")) == "<RokkaStorage ''>"


# Threads and processes


def test_threads__that_ask_at_once_share_one_client(rokka: RokkaStorage) -> None:
    count = 8
    barrier = Barrier(count)

    def upload(number: int) -> tuple[int, str]:
        barrier.wait()
        return id(rokka.client), rokka.save(f"{number}.jpg", ContentFile(pictures.jpeg()))

    with ThreadPoolExecutor(count) as pool:
        done = list(pool.map(upload, range(count)))

    assert {client for client, _ in done} == {id(rokka.client)}
    assert [name.rpartition("/")[2] for _, name in done] == [f"{n}.jpg" for n in range(count)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork__parent_and_child_both_upload(rokka: RokkaStorage) -> None:
    config = rokka.config

    name = run(FORK, str(config.api_key), config.api_host, content=pictures.jpeg())

    assert name.endswith("/40x30/after.jpg")
    assert rokka.exists(name)
