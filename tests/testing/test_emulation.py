"""The rokka that users' tests get."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.test import SimpleTestCase, override_settings
from PIL import Image
from pytest_django import Settings

from django_rokka.contrib.emulator import EmulatedRokkaStorage
from django_rokka.emulator import Emulator
from django_rokka.exceptions import ServerError
from django_rokka.storage import RokkaStorage
from django_rokka.testing import EmulatedRokka, emulate_rokka, make_image

from tests.testapp.models import Brand

STACKS = {"thumb": {"operations": [{"name": "resize", "options": {"width": 10}}]}}
PRODUCTION = {
    "BACKEND": "django_rokka.storage.RokkaStorage",
    "OPTIONS": {
        "organization": "acme",
        "api_key": "production-key",
        "api_host": "http://127.0.0.1:9",
        "default_stack": "thumb",
        "stacks": STACKS,
    },
}


@pytest.fixture
def production(settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "rokka": PRODUCTION}


def test_emulate__lets_the_project_store_and_render_without_a_network(production: None) -> None:
    with emulate_rokka() as rokka:
        reference = rokka.upload(make_image("Löwe.png", width=40, height=30))
        url = storages["rokka"].url(str(reference))
        rendition = rokka.fetch(url)

    assert url == f"https://acme.rokka.io/thumb/{reference.hash}/lowe.png"
    assert (rendition.status, rendition.headers["Content-Type"]) == (200, "image/png")
    with Image.open(BytesIO(rendition.content)) as image:
        assert image.size == (10, 8)


def test_emulate__takes_no_key_and_no_host_of_production(production: None) -> None:
    with emulate_rokka() as rokka:
        config = rokka.storage.config
        assert "production" not in config.api_key
        assert config.api_host == "http://rokka.emulator"


def test_emulate__reads_the_organization_of_an_api_url(settings: Settings) -> None:
    url = "rokka://production-key@lake?default_stack=mail&api_host=http://127.0.0.1:9"
    settings.STORAGES = {
        **settings.STORAGES,
        "rokka": {"BACKEND": PRODUCTION["BACKEND"], "OPTIONS": {"api_url": url}},
    }
    with emulate_rokka() as rokka:
        config = rokka.storage.config
        assert (config.organization, config.default_stack) == ("lake", "mail")
        assert (config.api_key, config.api_host) == ("emulated", "http://rokka.emulator")
        assert rokka.client.organizations.get().name == "lake"


def test_emulate__puts_everything_back_and_leaves_no_file(production: None) -> None:
    with emulate_rokka() as rokka:
        root = rokka.emulator.root
        assert root.is_dir()

    assert not root.exists()
    assert type(storages["rokka"]) is RokkaStorage


def test_emulate__of_several_storages_keeps_their_organizations_apart(settings: Settings) -> None:
    lake = {**PRODUCTION, "OPTIONS": {"organization": "lake", "api_key": "k"}}
    settings.STORAGES = {**settings.STORAGES, "rokka": PRODUCTION, "lake": lake}
    with emulate_rokka():
        acme, other = EmulatedRokka("rokka"), EmulatedRokka("lake")
        reference = acme.upload(make_image())
        assert acme.storage.exists(str(reference))
        assert not other.storage.exists(str(reference))
        assert repr(other) == "<EmulatedRokka behind <EmulatedRokkaStorage 'lake'>>"


def test_emulate__leaves_storages_that_are_not_rokkas(production: None) -> None:
    default = storages["default"]
    with emulate_rokka():
        assert type(storages["default"]) is type(default)


def test_emulate__with_a_root_keeps_what_is_stored(production: None, tmp_path: Path) -> None:
    with emulate_rokka(root=tmp_path) as rokka:
        reference = rokka.upload(make_image())
    with emulate_rokka(root=tmp_path) as rokka:
        assert rokka.storage.exists(str(reference))


def test_emulate__takes_options_and_settings_of_the_emulator(production: None) -> None:
    other = {"tiny": {"operations": [{"name": "resize", "options": {"width": 2}}]}}
    with emulate_rokka(stacks=other, default_stack="tiny", search_delay=10) as rokka:
        reference = rokka.upload(make_image())
        assert rokka.fetch(rokka.storage.url(str(reference))).status == 200
        assert rokka.client.stacks.get("tiny").name == "tiny"


def test_emulate__passes_faults_on(production: None) -> None:
    with emulate_rokka(retries=0) as rokka:
        rokka.emulator.faults.add(method="POST", status=503)
        with pytest.raises(ServerError):
            rokka.upload(make_image())


@pytest.mark.parametrize("url", ["https://elsewhere.rokka.io/a/b.jpg", "/thumb/abcdef.jpg", ""])
def test_fetch__refuses_what_is_no_url_of_the_storage(production: None, url: str) -> None:
    with emulate_rokka() as rokka, pytest.raises(ValueError, match="is no render URL of this"):
        rokka.fetch(url)


def test_fetch__says_what_the_browser_accepts(production: None) -> None:
    stacks = {"auto": {"operations": [], "options": {"autoformat": True}}}
    with emulate_rokka(stacks=stacks) as rokka:
        url = rokka.storage.url(str(rokka.upload(make_image())), "auto")
        types = [
            rokka.fetch(url, accept=accept).headers["Content-Type"]
            for accept in ("", "image/webp,*/*")
        ]
    assert types == ["image/jpeg", "image/webp"]


def test_override_settings__inside_keeps_faults_and_clock(production: None) -> None:
    with emulate_rokka(retries=0) as rokka:
        rokka.emulator.faults.add(method="POST", status=503)
        emulator = rokka.emulator
        with override_settings(STATIC_URL="/other/"):
            assert rokka.emulator is emulator
            with pytest.raises(ServerError):
                rokka.upload(make_image())


def test_emulate__inside_of_another_begins_empty_and_gives_the_outer_back(production: None) -> None:
    with emulate_rokka() as rokka:
        reference = str(rokka.upload(make_image()))
        with emulate_rokka() as inner:
            assert not inner.storage.exists(reference)
        assert rokka.storage.exists(reference)


def test_first_use__in_many_threads_makes_one_emulator(production: None) -> None:
    with emulate_rokka() as rokka, ThreadPoolExecutor(8) as pool:
        barrier = threading.Barrier(8)

        def use(_: int) -> Emulator:
            barrier.wait()
            return rokka.emulator

        assert len(set(pool.map(use, range(8)))) == 1


class TestMethodsOfAProject(SimpleTestCase):
    @emulate_rokka()
    def test_decorator__emulates_for_a_method(self) -> None:
        assert isinstance(storages["rokka"], EmulatedRokkaStorage)

    @emulate_rokka()
    async def test_decorator__emulates_for_a_coroutine(self) -> None:
        assert isinstance(storages["rokka"], EmulatedRokkaStorage)


@emulate_rokka()
class TestCaseOfAProject(SimpleTestCase):
    rokka: EmulatedRokka

    def test_decorator__emulates_for_a_test_case(self) -> None:
        assert self.rokka.storage is storages["rokka"]


SOCKETS = """
import socket, sys, unittest
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django_rokka"],
    STORAGES={"rokka": {"BACKEND": "django_rokka.storage.RokkaStorage", "OPTIONS": %r}},
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import models
from django.test import TestCase, override_settings
from django_rokka.testing import emulate_rokka, make_image

def refuse(*args, **kwargs):
    raise AssertionError(f"connects to {args[1:]}")
socket.socket.connect = refuse
call_command("migrate", verbosity=0)
PRODUCTION = settings.STORAGES

class Parent(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.name = storages["rokka"].save("a.png", make_image("a.png"))
        cls.first = storages["rokka"].upload_image("b.png", make_image("b.png"))

@emulate_rokka(retries=0)
class Child(Parent):
    def test_a(self):
        self.assertTrue(storages["rokka"].exists(self.name))
        self.assertIs(self.rokka.storage, storages["rokka"])
        self.rokka.emulator.faults.add(status=503, times=9)
    test_b = test_a

@override_settings(STORAGES=PRODUCTION)
class Grandchild(Child):
    pass

class Last(unittest.TestCase):
    def test_everything_is_put_back(self):
        self.assertEqual(type(storages["rokka"]).__name__, "RokkaStorage")
        self.assertEqual(settings.STORAGES, PRODUCTION)

suite = unittest.TestSuite(
    unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in (Child, Grandchild, Last)
)
result = unittest.TextTestRunner(stream=sys.stdout).run(suite)
print(result.testsRun, result.wasSuccessful())
"""


def test_decorator__emulates_what_a_test_case_sets_up_for_all_its_tests() -> None:
    """One store for the class, no connection anywhere, and faults end with their test."""
    code = SOCKETS % PRODUCTION["OPTIONS"]
    answer = subprocess.run(  # our own interpreter and words
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.stdout.splitlines()[-1:] == ["5 True"], answer.stdout + answer.stderr


def test_decorator__refuses_what_would_not_be_emulated() -> None:
    def fixture() -> Iterator[None]:
        yield

    with pytest.raises(TypeError, match="fixture is a generator function"):
        emulate_rokka()(fixture)
    with pytest.raises(TypeError, match=r"subclasses of unittest\.TestCase"):
        emulate_rokka()(type("Plain", (), {}))


@pytest.mark.django_db
def test_emulate__serves_fields(production: None) -> None:
    with emulate_rokka() as rokka:
        brand = Brand.objects.create(logo=make_image("logo.png", width=40, height=30))
        assert (brand.logo.width, brand.logo.height) == (40, 30)
        assert rokka.fetch(brand.logo.url).status == 200
