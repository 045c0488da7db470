"""The API key and the signing key stay out of sight, whatever goes wrong."""

from __future__ import annotations

import base64
import logging
import pickle
import pprint
import traceback
from collections.abc import Iterator
from io import StringIO
from types import TracebackType
from typing import Any

import pytest
from django import forms
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.management import call_command
from django.db import migrations, models
from django.db.migrations.writer import MigrationWriter
from django.test import Client
from django.urls import path
from django.utils.datastructures import MultiValueDict
from django.utils.log import AdminEmailHandler
from pytest_django import Settings

from django_rokka.client import RokkaClient
from django_rokka.contrib.emulator import EmulatedRokkaStorage
from django_rokka.fields import RokkaImage
from django_rokka.forms import RokkaImageField
from django_rokka.storage import RokkaStorage

from tests import pictures
from tests.client.samples import BAD_KEY, HASH, uploaded
from tests.client.scripted_server import Reply, ScriptedServer
from tests.leaks import FAULTS, PLACES, Project, fail
from tests.urls import urlpatterns as tests_urls

pytestmark = pytest.mark.django_db

# Letters and digits survive every encoding but base64: percent, HTML, JSON, reprs.
CORES = ("Zq7NobodyMaySeeThis4Xw", "Jm2NorMayTheySeeThat8Kd")
KEYS = {"api_key": f"&<{CORES[0]}'/%", "signing_key": f'"+{CORES[1]}>='}


urlpatterns = [*tests_urls, path("fail/<name>/", fail)]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer().serving() as server:
        yield server


@pytest.fixture(params=PLACES)
def project(
    request: pytest.FixtureRequest, settings: Settings, server: ScriptedServer
) -> Iterator[Project]:
    settings.ROOT_URLCONF = __name__
    project = Project(settings, server, place=request.param, keys=KEYS)
    yield project
    project.close()


@pytest.fixture
def storage(settings: Settings, server: ScriptedServer) -> Iterator[RokkaStorage]:
    storage = Project(settings, server, place="OPTIONS", keys=KEYS).configure()
    yield storage
    storage.client.close()


def find_secrets(text: str) -> list[str]:
    """Return the keys that a text shows, in whatever encoding."""
    encoded = [base64.b64encode(key.encode()).decode().rstrip("=") for key in KEYS.values()]
    return [secret for secret in (*CORES, *encoded) if secret in text]


def iter_chain(error: BaseException | None) -> Iterator[BaseException]:
    if error is not None:
        yield error
        yield from iter_chain(error.__cause__)
        if error.__context__ is not error.__cause__:
            yield from iter_chain(error.__context__)


def show(error: BaseException) -> str:
    """Write all that could be printed of an exception: texts, attributes, notes and frames."""
    shown: list[object] = ["".join(traceback.format_exception(error))]
    for link in iter_chain(error):
        shown += [str(link), repr(link), link.args, vars(link)]
        shown += [frame.f_locals for frame, _ in traceback.walk_tb(link.__traceback__)]
    return "\n".join(pprint.pformat(item) for item in shown)


def ask(client: Client, project: Project, name: str, *, accept: str = "*/*") -> Any:
    environ: dict[str, Any] = {"tests.project": project}
    return client.get(f"/fail/{name}/", headers={"accept": accept}, **environ)


# Exceptions, error pages, mails, logs


@pytest.mark.parametrize("name", FAULTS)
def test_exception__shows_no_key_in_its_whole_chain(project: Project, name: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011  # each fault has its own
        FAULTS[name](project)

    # Above the fault's own frame stand the frames of this suite, which hold the keys on purpose.
    error = caught.value
    error.__traceback__ = first_frame_of_fault(error.__traceback__, name)
    assert find_secrets(show(error)) == []


def first_frame_of_fault(frames: TracebackType | None, name: str) -> TracebackType | None:
    while frames is not None and frames.tb_frame.f_code.co_name != name:
        frames = frames.tb_next
    return frames


@pytest.mark.parametrize("accept", ["text/html", "text/plain"])
@pytest.mark.parametrize("name", FAULTS)
def test_error_page__shows_no_key(
    project: Project, settings: Settings, client: Client, name: str, accept: str
) -> None:
    settings.DEBUG = True
    client.raise_request_exception = False

    response = ask(client, project, name, accept=accept)

    page = response.content.decode()
    assert response.status_code == 500
    assert response.headers["Content-Type"].startswith(accept)
    assert "STORAGES" in page
    assert find_secrets(page) == []


class Mails(AdminEmailHandler):
    """Django's mails to the admins, kept instead of sent."""

    def __init__(self) -> None:
        super().__init__(include_html=True)
        self.kept: list[str] = []

    def send_mail(self, subject: Any, message: Any, *args: Any, **kwargs: Any) -> None:
        self.kept += [subject, message, kwargs["html_message"]]


@pytest.mark.parametrize("name", FAULTS)
def test_mail_to_the_admins__shows_no_key_as_text_or_html(
    project: Project, client: Client, name: str
) -> None:
    client.raise_request_exception = False
    mails = Mails()
    logger = logging.getLogger("django.request")
    logger.addHandler(mails)
    try:
        ask(client, project, name)
    finally:
        logger.removeHandler(mails)

    subject, text, html = mails.kept
    assert name in subject + text
    assert "Traceback" in text
    assert "Traceback" in html
    assert find_secrets(subject + text + html) == []


@pytest.mark.parametrize("name", FAULTS)
def test_log__shows_no_key_at_level_debug(
    project: Project, client: Client, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level(logging.DEBUG)
    client.raise_request_exception = False

    ask(client, project, name)

    assert "Internal Server Error" in caplog.text
    assert find_secrets(caplog.text) == []
    assert find_secrets(repr([record.args for record in caplog.records])) == []


def test_log__shows_no_key_when_all_goes_well(
    storage: RokkaStorage, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    content = pictures.svg()
    answer = uploaded(content)
    server.reply(Reply(json=answer), Reply(body=content), Reply(json=answer["items"][0]))

    name = storage.save("a.svg", ContentFile(content))
    with storage.open(name) as file:
        file.read()
    storage.url(f"{HASH}/protected/9x9/a.svg")

    assert "urllib3" in caplog.text
    assert "django_rokka" in caplog.text
    assert find_secrets(caplog.text) == []
    assert server.received[0].headers["Api-Key"] == KEYS["api_key"]


# Reprs


@pytest.mark.smoke
def test_repr__of_what_belongs_to_a_storage_shows_no_key(storage: RokkaStorage) -> None:
    client = storage.client
    waiting: list[object] = [storage, storage.config, client, storage.open(HASH), RokkaClient]
    seen: list[object] = []
    while waiting:
        thing = waiting.pop()
        seen.append(thing)
        members = getattr(thing, "__dict__", {}).values()
        ours = [value for value in members if type(value).__module__.startswith("django_rokka")]
        waiting += [value for value in ours if not any(value is other for other in seen)]
        shown = f"{thing!r} {pprint.pformat(getattr(thing, '__dict__', None))}"
        assert find_secrets(f"{shown} {thing}" if type(thing).__name__ != "Secret" else shown) == []

    names = {type(thing).__name__ for thing in seen}
    assert names >= {"RokkaStorage", "Config", "RokkaClient", "Session", "Connections", "Secret"}


def test_repr__of_an_emulated_storage_shows_no_key() -> None:
    storage = EmulatedRokkaStorage(root="/tmp/none", **KEYS)

    assert find_secrets(f"{storage!r} {storage.config!r} {vars(storage)!r}") == []


def test_repr__of_a_storage_from_a_pickle_shows_no_key(storage: RokkaStorage) -> None:
    again = pickle.loads(pickle.dumps(storage))  # noqa: S301  # our own

    assert find_secrets(f"{again!r} {vars(again)!r} {again.config!r}") == []
    assert again.config == storage.config


# Migrations


def test_migration__of_any_field_on_the_storage_shows_no_key(storage: RokkaStorage) -> None:
    own = RokkaStorage(organization="acme", **KEYS)
    fields: list[tuple[str, models.Field[Any, Any]]] = [
        ("image", RokkaImage()),
        ("named", RokkaImage(storage="rokka", protected=True, alias="a_{pk}")),
        ("given", RokkaImage(storage=own)),
        ("plain", models.ImageField(storage=own)),
    ]
    migration = type(
        "Migration",
        (migrations.Migration,),
        {"operations": [migrations.CreateModel("Album", fields)]},
    )

    written = MigrationWriter(migration("0001_initial", "testapp")).as_string()

    assert "storage=django_rokka.storage.RokkaStorage()" in written
    assert "storage='rokka'" in written
    assert find_secrets(written) == []
    assert "acme" not in written


def test_makemigrations__shows_no_key(storage: RokkaStorage) -> None:
    written = StringIO()

    call_command("makemigrations", "testapp", dry_run=True, verbosity=3, stdout=written)

    assert "django_rokka.fields.RokkaImage" in written.getvalue()
    assert find_secrets(written.getvalue()) == []


# Pages


class PictureForm(forms.Form):
    picture = RokkaImageField()


@pytest.mark.parametrize("replies", [[Reply(status=403, json=BAD_KEY)], [Reply(is_reset=True)]])
def test_form__shows_no_key(
    storage: RokkaStorage, server: ScriptedServer, replies: list[Reply]
) -> None:
    server.reply(*replies)
    form = PictureForm(files=MultiValueDict({"picture": [upload()]}))

    assert not form.is_valid()
    assert "could not be uploaded" in str(form)
    assert find_secrets(f"{form} {form.errors} {form!r}") == []


def test_admin__shows_no_key(
    project: Project, server: ScriptedServer, admin_client: Client
) -> None:
    project.configure()
    server.reply(Reply(status=403, json=BAD_KEY))

    refused = admin_client.post("/admin/testapp/brand/add/", {"name": "Lion", "logo": upload()})
    project.configure(organization="", api_url="")
    unconfigured = admin_client.get("/admin/testapp/brand/")

    assert (refused.status_code, unconfigured.status_code) == (200, 200)
    assert b"This site is not set up for it" in refused.content
    assert find_secrets(refused.content.decode() + unconfigured.content.decode()) == []


def upload() -> UploadedFile[Any]:
    return SimpleUploadedFile("a.png", pictures.png(), "image/png")
