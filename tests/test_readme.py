"""What the README shows is what comes out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.template import Context, Template
from pytest_django import Settings

from django_rokka.client import RokkaClient, observe_calls
from django_rokka.client.endpoints.endpoint import Endpoint
from django_rokka.conf import Config
from django_rokka.emulator import EmulatorServer
from django_rokka.fields import RokkaImage
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.testapp.models import Brand

README = (Path(__file__).parents[1] / "README.md").read_text()
HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"


def get_blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def get_table(heading: str) -> list[str]:
    """Return the first column of the table below a heading, without its back-ticks."""
    section = README.split(f"\n### {heading}\n")[1].split("\n#")[0]
    return re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)


@pytest.fixture
def acme(settings: Settings) -> None:
    namespace: dict[str, Any] = {}
    stacks = next(block for block in get_blocks("python") if block.startswith("STACKS"))
    exec(stacks, namespace)  # noqa: S102  # our own README
    settings.STORAGES = {
        **settings.STORAGES,
        "rokka": {
            "BACKEND": "django_rokka.storage.RokkaStorage",
            "OPTIONS": {
                "organization": "acme",
                "api_key": "made-up",
                "stacks": namespace["STACKS"],
            },
        },
    }


@pytest.mark.smoke
@pytest.mark.usefixtures("acme")
def test_opening_example__renders_to_the_html_shown() -> None:
    hero = Brand(logo=f"{HASH}/2400x1600/lake.jpg").logo
    logo = Brand(logo=f"{HASH}/-_brand_7_logo_-/512x512/acme-logo.png").logo
    with assert_no_rokka_calls():
        html = Template(get_blocks("django")[0]).render(
            Context({"article": {"hero": hero}, "brand": {"logo": logo}})
        )
    assert html.split() == get_blocks("html")[0].split()


@pytest.mark.django_db
def test_field__answers_as_shown(rokka: RokkaStorage) -> None:
    content = pictures.png(width=900, height=600)
    Brand.objects.create(name="Acme", logo=ContentFile(content, "acme-logo.png"))
    shown = next(block for block in get_blocks("python") if block.startswith("brand.logo.hash"))
    namespace: dict[str, Any] = {"brand": Brand.objects.get()}
    with observe_calls() as calls:
        exec(shown.replace("original.read()", "read = original.read()"), namespace)  # noqa: S102
    assert namespace["read"] == content
    assert [call.segments[-1] for call in calls] == ["download"]


def test_client__does_as_shown(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "beach.jpg").write_bytes(beach := pictures.jpeg(width=1600, height=1200))
    (tmp_path / "photos" / "lake.jpg").write_bytes(pictures.jpeg(width=40, height=30))
    monkeypatch.chdir(tmp_path)
    shown = next(block for block in get_blocks("python") if "RokkaClient(" in block)
    ours = f'organization="demo", api_key=API_KEY, api_host="{server.api_host}"'
    code = shown.replace('organization="acme", api_key=API_KEY', ours)

    namespace: dict[str, Any] = {"API_KEY": server.emulator.api_key}
    exec(code, namespace)  # noqa: S102  # our own README

    downloaded = [path.read_bytes() for path in tmp_path.glob("?" * 40 + ".jpg")]
    assert downloaded == [beach, beach]  # with and without its subject area
    assert namespace["created"].image.name == "lake.jpg"


def test_resources_of_the_client__are_all_in_the_table() -> None:
    with RokkaClient(organization="acme") as client:
        resources = {name for name, value in vars(client).items() if isinstance(value, Endpoint)}
    documented = get_table("The client")
    assert resources == {*documented, "operations", "stack_options"}


def test_options__are_all_in_the_table() -> None:
    documented = get_table("Options")
    assert sorted(documented) == sorted([*Config.__dataclass_fields__, "api_url"])


def test_options__have_the_defaults_of_the_table() -> None:
    for name, field in Config.__dataclass_fields__.items():
        default = f"`{field.default!r}`".replace("'", "") if field.default else ""
        if name != "stacks":
            assert f"| `{name}` | {default} |".replace("  ", " ") in README


def test_arguments_of_the_field__are_all_in_the_table() -> None:
    own = RokkaImage.__init__.__kwdefaults__ or {}
    assert sorted(get_table("The field")) == sorted(own)
