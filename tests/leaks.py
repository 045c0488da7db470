"""What goes wrong with keys around: the acts that tests/test_secrets.py looks behind.

The acts stand apart from the keys, because Django's error page prints the lines around a fault.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import quote

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.http import HttpRequest, HttpResponse
from pytest_django import Settings

from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage

from tests import pictures
from tests.client.samples import BAD_KEY, HASH
from tests.client.scripted_server import Reply, ScriptedServer
from tests.testapp.models import Brand

PLACES = ("OPTIONS", "settings", "URL")
"""Where a project may keep its keys."""


class Project:
    """A project with keys in one of the places, and the rokka that it talks to."""

    def __init__(
        self, settings: Settings, server: ScriptedServer, *, place: str, keys: dict[str, Any]
    ) -> None:
        self._settings = settings
        self._place = place
        self._keys = keys
        self._made: list[RokkaStorage] = []
        self.server = server

    def configure(self, **options: Any) -> RokkaStorage:
        """Make the project's storage, with the keys where this project keeps them."""
        told = {"organization": "acme", "api_host": self.server.url, "retries": 0, **options}
        if self._place == "OPTIONS":
            told = {**self._keys, **told}
        elif self._place == "settings":
            self._settings.ROKKA_API_KEY = self._keys["api_key"]
            self._settings.ROKKA_SIGNING_KEY = self._keys["signing_key"]
        else:
            key, signing_key = (
                quote(self._keys[name], safe="") for name in ("api_key", "signing_key")
            )
            self._settings.ROKKA_API_URL = f"rokka://{key}@acme?signing_key={signing_key}"
        self._settings.STORAGES = {
            **self._settings.STORAGES,
            "rokka": {"BACKEND": "django_rokka.storage.RokkaStorage", "OPTIONS": told},
        }
        storage = storages["rokka"]
        assert isinstance(storage, RokkaStorage)
        self._made.append(storage)
        return storage

    def misplace(self, name: str, change: Callable[[Any], Any]) -> RokkaStorage:
        """Make the storage with a changed API key in the option of that name."""
        return self.configure(**{name: change(self._keys["api_key"])})

    def close(self) -> None:
        """Close the connections of every storage that was made."""
        for storage in self._made:
            if not list(storage.find_problems()):
                storage.client.close()

    @property
    def api_key(self) -> str:
        """The key, for a rokka that repeats it."""
        return str(self._keys["api_key"])


def refuse_the_key(project: Project) -> None:
    project.server.reply(Reply(status=403, json=BAD_KEY))
    project.configure().exists(HASH)


def repeat_the_key(project: Project) -> None:
    project.server.reply(Reply(status=400, json={"error": {"message": project.api_key}}))
    project.configure().exists(HASH)


def answer_no_json(project: Project) -> None:
    project.server.reply(Reply(body=project.api_key.encode()))
    project.configure().size(HASH)


def refuse_the_connection(project: Project) -> None:
    project.configure(api_host="http://127.0.0.1:1").exists(HASH)


def find_no_host(project: Project) -> None:
    project.configure(api_host="http://rokka.invalid").exists(HASH)


def time_out(project: Project) -> None:
    project.server.reply(Reply(delay=0.2))
    project.configure(timeout=0.05).exists(HASH)


def reset_an_upload(project: Project) -> None:
    project.server.reply(Reply(is_reset=True, reads_body=False))
    project.configure().save("a.jpg", ContentFile(bytes(3_000_000)))


def break_off_a_download(project: Project) -> None:
    project.server.reply(Reply(body=bytes(100_000), missing=50))
    project.configure().open(HASH).read()


def read_a_broken_file(project: Project) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("the disk is gone")

    project.configure().save("a.jpg", Broken(b"x"))


def send_an_empty_file(project: Project) -> None:
    project.configure().save("a.jpg", ContentFile(b""))


def save_a_model(project: Project) -> None:
    project.server.reply(Reply(status=403, json=BAD_KEY))
    project.configure()
    Brand(logo=ContentFile(pictures.png(), "a.png")).save()


def save_a_model_during_an_outage(project: Project) -> None:
    project.configure(api_host="http://127.0.0.1:1")
    Brand(logo=ContentFile(pictures.png(), "a.png")).save()


def miss_the_organization(project: Project) -> None:
    project.configure(organization="").client.close()
    project.configure(organization="", api_url="").client.close()


def misname_an_option(project: Project) -> None:
    project.configure(stack="thumb").exists(HASH)


def misspell_the_key(project: Project) -> None:
    project.misplace("apikee", lambda key: key).exists(HASH)


def write_another_scheme(project: Project) -> None:
    project.misplace("api_url", lambda key: f"https://{quote(key, safe='')}@acme").exists(HASH)


def write_an_unknown_option_into_the_url(project: Project) -> None:
    project.misplace("api_url", lambda key: f"rokka://{quote(key, safe='')}@acme?x=1").exists(HASH)


def write_a_url_of_bytes(project: Project) -> None:
    project.misplace("api_url", str.encode).exists(HASH)


def write_a_key_with_a_line_end(project: Project) -> None:
    project.misplace("api_key", lambda key: f"{key}\n").exists(HASH)


def write_a_key_of_bytes(project: Project) -> None:
    project.misplace("api_key", str.encode).exists(HASH)


def write_the_key_into_the_host(project: Project) -> None:
    project.misplace("api_host", lambda key: f"https://{quote(key, safe='')}@api.rokka.io").exists(
        HASH
    )


def miss_the_signing_key(project: Project) -> None:
    storage = project.configure(signing_key="")
    reference = ImageReference(HASH, extension="jpg", is_protected=True)
    storage.build_url(storage.get_render_url(reference), is_protected=True)


def sign_for_a_stack_that_cannot_be(project: Project) -> None:
    storage = project.configure()
    reference = ImageReference(HASH, extension="jpg", is_protected=True)
    storage.url(reference, "no stack/name")


def fail_with_everything_at_hand(project: Project) -> None:
    """Raise where the variables of the frame are all that a debugger would look at."""
    storage = project.configure()
    config, client = storage.config, storage.client
    options, session = vars(storage), vars(client)
    inside = [vars(value) for value in session.values() if hasattr(value, "__dict__")]
    raise RuntimeError(len([config, client, options, session, inside]))


FAULTS: dict[str, Callable[[Project], None]] = {
    fault.__name__: fault
    for fault in (
        refuse_the_key,
        repeat_the_key,
        answer_no_json,
        refuse_the_connection,
        find_no_host,
        time_out,
        reset_an_upload,
        break_off_a_download,
        read_a_broken_file,
        send_an_empty_file,
        save_a_model,
        save_a_model_during_an_outage,
        miss_the_organization,
        misname_an_option,
        misspell_the_key,
        write_another_scheme,
        write_an_unknown_option_into_the_url,
        write_a_url_of_bytes,
        write_a_key_with_a_line_end,
        write_a_key_of_bytes,
        write_the_key_into_the_host,
        miss_the_signing_key,
        sign_for_a_stack_that_cannot_be,
        fail_with_everything_at_hand,
    )
}


def fail(request: HttpRequest, name: str) -> HttpResponse:
    """Do what goes wrong inside of a request."""
    FAULTS[name](request.META["tests.project"])
    return HttpResponse("Nothing went wrong.")
