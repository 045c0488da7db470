"""Listing the names of all images."""

from __future__ import annotations

import pytest
from django.contrib.staticfiles.utils import get_files
from django.core.files.base import ContentFile

from django_rokka.client import observe_calls
from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import ServerError
from django_rokka.storage import RokkaStorage

from tests import pictures
from tests.client.samples import HASH, RECORDED
from tests.client.scripted_server import Reply, ScriptedServer


@pytest.fixture
def names(rokka: RokkaStorage) -> list[str]:
    saved = [
        rokka.save("first.jpg", ContentFile(pictures.jpeg())),
        rokka.save("second.png", ContentFile(pictures.png())),
        str(rokka.upload("third.jpg", ContentFile(pictures.jpeg()), is_protected=True)),
    ]
    return saved[::-1]  # as rokka lists them, the newest first


def test_listdir__names_images_as_save_did(rokka: RokkaStorage, names: list[str]) -> None:
    folders, files = rokka.listdir("")

    assert folders == []
    assert list(files) == names


def test_listdir__behaves_as_a_list(rokka: RokkaStorage, names: list[str]) -> None:
    _, files = rokka.listdir("")

    assert (len(files), bool(files)) == (3, True)
    assert (files[0], files[2], files[-1], files[1:]) == (names[0], names[2], names[2], names[1:])
    assert names[1] in files
    assert sorted(files) == sorted(names)
    assert files == names
    assert files != names[1:]
    assert files != "no list"
    assert repr(files) == "<LazyNames, fetched when asked for>"
    with pytest.raises(IndexError):
        files[3]


def test_listdir__of_nothing_is_empty(rokka: RokkaStorage) -> None:
    folders, files = rokka.listdir("")

    assert (folders, list(files), len(files)) == ([], [], 0)


def test_listdir__asks_nobody_before_it_is_gone_through(
    rokka: RokkaStorage, names: list[str]
) -> None:
    with observe_calls() as calls:
        _, files = rokka.listdir("")
        before = len(calls)
        next(iter(files))

    assert (before, len(calls)) == (0, 1)


def test_listdir__goes_page_by_page(rokka_options: dict[str, object]) -> None:
    images = [{**RECORDED, "name": f"{number}.svg"} for number in range(4)]
    with ScriptedServer().serving() as server:
        server.reply(
            Reply(json={"items": images[:2], "total": 4, "cursor": "c1", "links": {"next": {}}}),
            Reply(json={"items": images[2:], "total": 4, "links": {}}),
        )
        storage = RokkaStorage(**{**rokka_options, "api_host": server.url})
        files = iter(storage.listdir("")[1])

        with observe_calls() as calls:
            begun = [next(files), next(files)]
            first = len(calls)
            rest = list(files)
        storage.client.close()

    assert (first, len(calls)) == (1, 2)
    assert begun + rest == [f"{HASH}/104x97/{number}.svg" for number in range(4)]


@pytest.mark.parametrize("folder", ["brands", "brands/2024", ".", f"{'c' * 40}/9x9/a.jpg"])
def test_listdir__has_no_folders(rokka: RokkaStorage, folder: str) -> None:
    with observe_calls() as calls, pytest.raises(FileNotFoundError, match="rokka has no folders"):
        rokka.listdir(folder)

    assert calls == []


def test_listdir__during_an_outage_is_an_error(rokka: RokkaStorage, server: EmulatorServer) -> None:
    server.emulator.faults.add(method="GET", status=503)

    with pytest.raises(ServerError):
        list(rokka.listdir("")[1])


def test_listdir__serves_those_who_walk_a_storage(rokka: RokkaStorage, names: list[str]) -> None:
    assert list(get_files(rokka)) == names
