"""The local rokka inside of a project."""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings as settings_of_django
from django.core.asgi import get_asgi_application
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import AsyncClient, Client, override_settings
from django.urls import include, path
from PIL import Image
from pytest_django import Settings

from django_rokka.client import observe_calls
from django_rokka.contrib.emulator import EmulatedRokkaStorage
from django_rokka.exceptions import ReadOnly
from django_rokka.render import ImageReference
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures

urlpatterns = [path("pictures/render/", include("django_rokka.contrib.emulator.urls"))]

STACKS = {
    "thumb": {"operations": [{"name": "resize", "options": {"width": 10}}]},
    "square": {"operations": [{"name": "crop", "options": {"width": 8, "height": 8}}]},
}


@pytest.fixture
def options(tmp_path: Path) -> dict[str, object]:
    return {"root": tmp_path / "rokka-data", "stacks": STACKS}


@pytest.fixture
def storage(settings: Settings, options: dict[str, object]) -> Iterator[EmulatedRokkaStorage]:
    settings.ROOT_URLCONF = __name__
    settings.STORAGES = {
        **settings.STORAGES,
        "rokka": {
            "BACKEND": "django_rokka.contrib.emulator.EmulatedRokkaStorage",
            "OPTIONS": options,
        },
    }
    storage = storages["rokka"]
    assert isinstance(storage, EmulatedRokkaStorage)
    yield storage
    storage.emulator.close()


@pytest.fixture
def name(storage: EmulatedRokkaStorage) -> str:
    return storage.save("Löwe & Co.png", ContentFile(pictures.png(colour="navy")))


def fetch(url: str, client: Client, **extra: Any) -> tuple[int, bytes]:
    response = client.get(url, **extra)
    content = b"".join(response)  # read whole, or the response would have to be closed
    return response.status_code, content


def size_of(content: bytes) -> tuple[int, int]:
    with Image.open(BytesIO(content)) as image:
        return image.width, image.height


# The storage


def test_storage__that_threads_ask_at_once_has_one_emulator(
    storage: EmulatedRokkaStorage,
) -> None:
    count = 4
    barrier = Barrier(count)

    def upload(number: int) -> tuple[int, str]:
        barrier.wait()
        name = storage.save(f"{number}.png", ContentFile(pictures.png(width=number + 1)))
        return id(storage.emulator), name

    with ThreadPoolExecutor(count) as pool:
        done = list(pool.map(upload, range(count)))

    assert {emulator for emulator, _ in done} == {id(storage.emulator)}
    assert all(storage.exists(name) for _, name in done)


def test_storage__takes_the_options_of_the_real_one(
    storage: EmulatedRokkaStorage, options: dict[str, object], name: str, tmp_path: Path
) -> None:
    old = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"base_url": "/m/"}}
    told = {"fallback": "old", "read_only": True, "on_delete": "never"}
    signing = {"signed_stacks": ["thumb"], "sign_dynamic": True}
    again = EmulatedRokkaStorage(**options, **told, **signing)

    with override_settings(STORAGES={**settings_of_django.STORAGES, "old": old}):
        urls = [again.url(name), again.url(name, "thumb"), again.url(name, "square")]
        assert again.url("holiday.jpg") == "/m/holiday.jpg"
        assert again.exists(name)  # the stacks were applied, although the storage only reads
        with pytest.raises(ReadOnly):
            again.save("b.png", ContentFile(pictures.png()))
    again.emulator.close()

    assert ["sig=" in url for url in urls] == [True, True, False]


@pytest.mark.smoke
def test_storage__needs_a_folder_only(tmp_path: Path) -> None:
    storage = EmulatedRokkaStorage(root=tmp_path / "new" / "folder")

    name = storage.save("a.jpg", ContentFile(pictures.jpeg()))
    with storage.open(name) as file:
        assert file.read() == pictures.jpeg()

    assert storage.config.organization == "demo"
    assert storage.exists(name)
    storage.emulator.close()


def test_storage__needs_no_network(storage: EmulatedRokkaStorage, monkeypatch: Any) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("A socket was opened.")

    monkeypatch.setattr("socket.create_connection", refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)

    assert storage.exists(storage.save("a.jpg", ContentFile(pictures.jpeg())))


def test_storage__uses_no_setting_made_for_the_real_rokka(
    settings: Settings, storage: EmulatedRokkaStorage
) -> None:
    settings.ROKKA_API_URL = (
        "rokka://the-real-key@acme?api_host=https%3A%2F%2Fapi.rokka.test&signing_key=real-too"
        "&render_host=https%3A%2F%2Fimg.acme.test"
    )
    settings.ROKKA_API_KEY = "the-real-key"
    settings.ROKKA_API_HOST = "https://api.rokka.test"
    settings.ROKKA_SIGNING_KEY = "real-too"
    settings.ROKKA_RENDER_HOST = "https://img.acme.test"

    assert storage.config.organization == "acme"
    assert storage.config.signing_key == storage.emulator.signing_key == "emulated"
    assert storage.url("0" * 40, "thumb") == (f"/pictures/render/render/acme/thumb/{'0' * 40}.jpg")
    assert storage.client.api_host == "http://rokka.emulator"
    assert storage.config.api_key != "the-real-key"
    assert storage.save("a.jpg", ContentFile(pictures.jpeg())).endswith("/40x30/a.jpg")


def test_storage__takes_the_options_of_the_real_one_with_it(tmp_path: Path) -> None:
    storage = EmulatedRokkaStorage(
        organization="acme", api_key="the-real-key", default_stack="thumb", root=tmp_path
    )

    assert list(storage.find_problems()) == []
    assert storage.config.api_key != "the-real-key"
    assert storage.config.default_stack == "thumb"


def test_storage__applies_its_stacks_at_first_use(storage: EmulatedRokkaStorage) -> None:
    with observe_calls() as calls:
        storage.save("a.jpg", ContentFile(pictures.jpeg()))

    assert [(call.method, call.path) for call in calls] == [
        ("PUT", "/stacks/demo/thumb"),
        ("PUT", "/stacks/demo/square"),
        ("POST", "/sourceimages/demo"),
    ]


def test_storage__applies_changed_stacks_to_a_folder_it_knows(
    storage: EmulatedRokkaStorage, options: dict[str, Any]
) -> None:
    storage.save("a.jpg", ContentFile(pictures.jpeg()))
    wider = {"thumb": {"operations": [{"name": "resize", "options": {"width": 20}}]}}

    again = EmulatedRokkaStorage(**{**options, "stacks": wider})

    operations = again.client.stacks.get("thumb").operations
    assert [operation["options"]["width"] for operation in operations] == [20]
    again.emulator.close()


def test_storage__remembers_what_another_process_stored(
    storage: EmulatedRokkaStorage, name: str
) -> None:
    again = pickle.loads(pickle.dumps(storage))  # noqa: S301  # our own

    assert again == storage
    assert again.exists(name)
    again.emulator.close()


def test_storage__deconstructs_without_its_folder(storage: EmulatedRokkaStorage) -> None:
    path = "django_rokka.contrib.emulator.EmulatedRokkaStorage"

    assert storage.deconstruct() == (path, [], {})


def test_storage__without_a_folder_says_so() -> None:
    storage = EmulatedRokkaStorage()

    with pytest.raises(ImproperlyConfigured, match=r"has no folder\. Set the option 'root'"):
        storage.save("a.jpg", ContentFile(pictures.jpeg()))


def test_storage__takes_a_signing_key_that_is_not_set_for_none(tmp_path: Path) -> None:
    storage = EmulatedRokkaStorage(root=tmp_path, signing_key=None, render_host=None)

    assert storage.config.signing_key == "emulated"
    assert storage.config.render_host == ""


def test_storage__in_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    storage = EmulatedRokkaStorage(root=tmp_path / "file")

    assert [problem.number for problem in storage.find_problems()] == [7]
    with pytest.raises(ImproperlyConfigured, match=r"file', a file\. Name a folder\."):
        storage.save("a.jpg", ContentFile(pictures.jpeg()))


def test_storage__in_what_is_no_path_says_so() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"root is of type int\. Write a folder's path"):
        EmulatedRokkaStorage(root=7).exists("0" * 40)


@pytest.mark.parametrize("name", ["below-a-file", "broken-database", "null\0byte"])
def test_storage__that_cannot_start_says_what_to_set(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "rokka.sqlite3").write_text("This is no database. " * 100)
    root = {"below-a-file": "file/folder", "broken-database": "broken"}.get(name, name)

    with pytest.raises(ImproperlyConfigured, match="Set the option 'root' to a folder that this"):
        EmulatedRokkaStorage(root=tmp_path / root).exists("0" * 40)


def test_storage__of_an_impossible_organization_says_so(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="My_Org"):
        EmulatedRokkaStorage(root=tmp_path, organization="My_Org").exists("0" * 40)


def test_storage__without_the_extra_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "django_rokka.emulator", None)

    with pytest.raises(ImproperlyConfigured, match=r"pip install 'django-rokka\[emulator\]'"):
        EmulatedRokkaStorage(root=tmp_path).exists("0" * 40)


# URLs


def test_url__is_where_the_urlconf_has_the_emulator(
    storage: EmulatedRokkaStorage, name: str
) -> None:
    with assert_no_rokka_calls():
        url = storage.url(name, "thumb")

    assert url == f"/pictures/render/render/demo/thumb/{name[:40]}/lowe-co.png"


def test_url__without_a_mount_says_how_to_add_one(
    storage: EmulatedRokkaStorage,
    settings: Settings,
    name: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.ROOT_URLCONF = "tests.urls"

    assert storage.url(name) == ""
    assert "include('django_rokka.contrib.emulator.urls')" in caplog.messages[0]


def test_url__may_lead_to_an_emulator_elsewhere(tmp_path: Path) -> None:
    storage = EmulatedRokkaStorage(
        root=tmp_path, render_host="http://127.0.0.1:8642/render/{organization}"
    )

    assert storage.url("0" * 40, "thumb") == (
        f"http://127.0.0.1:8642/render/demo/thumb/{'0' * 40}.jpg"
    )


# The mount


@pytest.mark.parametrize(
    ("stack", "size"), [("thumb", (10, 8)), ("square", (8, 8)), ("", (40, 30))]
)
def test_mount__renders(
    storage: EmulatedRokkaStorage, client: Client, name: str, stack: str, size: tuple[int, int]
) -> None:
    status, content = fetch(storage.url(name, stack), client)

    assert (status, size_of(content)) == (200, size)


def test_mount__passes_the_emulators_headers_on(
    storage: EmulatedRokkaStorage, client: Client, name: str
) -> None:
    response = client.get(storage.url(name))

    assert len(b"".join(response)) == int(response.headers["Content-Length"])
    assert response.headers["Content-Type"] == "image/png"
    assert "max-age=31536000" in response.headers["Cache-Control"]


def test_mount__passes_accept_on_for_autoformat(
    storage: EmulatedRokkaStorage, client: Client, name: str
) -> None:
    response = client.get(storage.url(name), headers={"accept": "image/webp,*/*"})

    assert b"".join(response)[8:12] == b"WEBP"
    assert response.headers["Content-Type"] == "image/webp"


def test_mount__answers_head_without_a_body(
    storage: EmulatedRokkaStorage, client: Client, name: str
) -> None:
    response = client.head(storage.url(name))

    assert (response.status_code, b"".join(response)) == (200, b"")


@pytest.mark.parametrize("variables", [{}, {"t": "a b"}, {"t": "ä/b?c&d=100%"}, {"t": "~(x)*"}])
def test_mount__takes_signed_pictures_and_refuses_unsigned_ones(
    storage: EmulatedRokkaStorage, client: Client, variables: dict[str, str]
) -> None:
    reference = storage.upload("a.jpg", ContentFile(pictures.jpeg()), is_protected=True)
    url = storage.url(reference, "thumb", variables=variables)
    unsigned = url.replace("sig=", "nosig=")

    assert fetch(url, client)[0] == 200
    assert fetch(unsigned, client)[0] == 403


def test_mount__of_an_unknown_image_or_organization_is_404(
    storage: EmulatedRokkaStorage, client: Client, name: str
) -> None:
    url = storage.url(name)

    assert fetch(url.replace(name[:40], "0" * 40), client)[0] == 404
    assert fetch(url.replace("/demo/", "/acme/"), client)[0] == 404


def test_mount__takes_no_posts(storage: EmulatedRokkaStorage, client: Client, name: str) -> None:
    assert client.post(storage.url(name)).status_code == 405


@pytest.mark.parametrize(
    ("is_debug", "address", "status"),
    [
        (False, "127.0.0.1", 200),
        (False, "::1", 200),
        (False, "192.0.2.1", 403),
        (False, "", 403),
        (True, "192.0.2.1", 200),
    ],
)
def test_mount__answers_under_debug_or_to_loopback_only(  # noqa: PLR0917  # a table
    storage: EmulatedRokkaStorage,
    settings: Settings,
    client: Client,
    name: str,
    is_debug: bool,  # noqa: FBT001  # as above
    address: str,
    status: int,
) -> None:
    settings.DEBUG = is_debug

    assert fetch(storage.url(name), client, REMOTE_ADDR=address)[0] == status


@pytest.mark.parametrize(
    "header",
    [
        *("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"),
        *("via", "cf-connecting-ip", "true-client-ip"),
    ],
)
@pytest.mark.parametrize(("is_debug", "status"), [(False, 403), (True, 200)])
def test_mount__behind_a_local_proxy_answers_under_debug_only(  # noqa: PLR0917  # a table
    storage: EmulatedRokkaStorage,
    settings: Settings,
    client: Client,
    name: str,
    header: str,
    is_debug: bool,  # noqa: FBT001  # as above
    status: int,
) -> None:
    settings.DEBUG = is_debug

    assert fetch(storage.url(name), client, headers={header: "203.0.113.7"})[0] == status


@pytest.mark.parametrize("host", ["localhost:8000", "demo.localhost:8000", "acme.localhost"])
def test_mount__answers_on_any_host_of_the_project(
    storage: EmulatedRokkaStorage, settings: Settings, client: Client, name: str, host: str
) -> None:
    settings.ALLOWED_HOSTS = [".localhost"]

    assert fetch(storage.url(name), client, headers={"host": host})[0] == 200


def test_mount__streams_to_an_asynchronous_client(
    storage: EmulatedRokkaStorage, client: Client, name: str
) -> None:
    async def fetch_asynchronously() -> tuple[int, bytes]:
        response: Any = await AsyncClient().get(storage.url(name))
        return response.status_code, b"".join([block async for block in response])

    assert asyncio.run(fetch_asynchronously()) == fetch(storage.url(name), client)


@pytest.mark.parametrize(("method", "has_body"), [("GET", True), ("HEAD", False)])
def test_mount__streams_under_asgi(  # a table
    storage: EmulatedRokkaStorage,
    client: Client,
    name: str,
    method: str,
    has_body: bool,  # noqa: FBT001  # as above
) -> None:
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": storage.url(name),
        "query_string": b"",
        "headers": [(b"host", b"testserver")],
        "client": ("127.0.0.1", 1),
    }

    communicator: Any = ApplicationCommunicator  # which has no types

    async def exchange() -> tuple[int, bytes]:
        server: Any = communicator(get_asgi_application(), scope)
        await server.send_input({"type": "http.request"})
        start = await server.receive_output(timeout=20)
        body = b""
        is_open = True
        while is_open:
            message = await server.receive_output(timeout=20)
            body += message.get("body", b"")
            is_open = message.get("more_body", False)
        await server.wait()
        return start["status"], body

    content = fetch(storage.url(name), client)[1] if has_body else b""
    assert asyncio.run(exchange()) == (200, content)


def test_reference__is_the_one_the_real_rokka_gives(
    storage: EmulatedRokkaStorage, name: str
) -> None:
    assert ImageReference.parse(name)[1:] == (40, 30, "lowe-co", "png", "", False)
