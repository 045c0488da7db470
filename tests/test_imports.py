"""What importing the app loads, in a process of its own: nothing heavy before its first use."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"PIL", "pyvips", "requests", "rest_framework", "tenacity", "urllib3", "werkzeug"}

START = """
import json
import sys

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django_rokka"],
    STORAGES={
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "rokka": {
            "BACKEND": "django_rokka.storage.RokkaStorage",
            "OPTIONS": {"organization": "demo", "api_key": "key-of-the-tests"},
        },
    },
)
django.setup()
"""

END = "print(json.dumps(sorted(name for name in sys.modules if '.' not in name)))"

PARTS = """
import json
import sys

import django
from django.conf import settings

settings.configure(INSTALLED_APPS=[])
django.setup()
from django_rokka.fields import RokkaImage
from django_rokka.storage import RokkaStorage
from django_rokka.templatetags import rokka

RokkaImage(alias="brand_{pk}", width_field="width")
print(json.dumps(sorted(sys.modules)))
"""
"""Field, storage and tags alone, as the models and the templates of a project import them."""

DEFERRED = (
    "django_rokka.client",
    "django_rokka.conf",
    "django_rokka.emulator",
    "django_rokka.exceptions",
    "django_rokka.fields.checking",
    "django_rokka.forms",
    "django_rokka.markup",
    "django_rokka.models",
    "django_rokka.render.reference",
    "django_rokka.widgets",
    "xml.parsers.expat",
)
MOST_MODULES = 20
"""Modules of ours that the three may load; each costs every process of a site."""

DECLARE = """
from django.core.files.storage import storages
from django.db import models
from django_rokka.fields import RokkaImage

class Photo(models.Model):
    image = RokkaImage(blank=True, width_field="width", height_field="height")
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)

    class Meta:
        app_label = "django_rokka"

photo = Photo(image="c421f4e8cefe0fd3aab22832f51e85bacda0a47a/1600x900/lake.jpg")
"""


def find_heavy(code: str) -> set[str]:
    """Run code in the smallest project with the app; return what heavy is loaded after it."""
    done = subprocess.run(
        [sys.executable, "-c", f"{START}\n{code}\n{END}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return HEAVY.intersection(json.loads(done.stdout))


def find_parts() -> list[str]:
    """Return all modules that are loaded with field, storage and tags."""
    command = [sys.executable, "-c", PARTS]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    modules: list[str] = json.loads(done.stdout)
    return modules


def test_parts__leave_to_their_first_use_what_they_do_not_need() -> None:
    modules = find_parts()
    assert "django_rokka.fields.image" in modules
    assert "django_rokka.storage.backend" in modules
    assert [name for name in modules if name.startswith(DEFERRED)] == []


def test_parts__are_few_modules() -> None:
    ours = [name for name in find_parts() if name.startswith("django_rokka")]
    assert len(ours) <= MOST_MODULES, ours


def test_client__is_not_loaded_by_an_app_that_is_ready() -> None:
    end = "print([name for name in sys.modules if name.startswith('django_rokka.client.end')])"
    command = [sys.executable, "-c", f"{START}\n{end}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("", id="the app is ready"),
        pytest.param("import django_rokka.fields", id="the field is imported"),
        pytest.param("import django_rokka.storage", id="the storage is imported"),
        pytest.param("import django_rokka.templatetags.rokka", id="the tags are imported"),
        pytest.param("import django_rokka.forms, django_rokka.widgets", id="forms are imported"),
        pytest.param(DECLARE, id="a model is declared and a row is made"),
        pytest.param(
            f"{DECLARE}\nphoto.image.url, photo.image.width, photo.image.srcset(widths='400')",
            id="a row is read",
        ),
        pytest.param(
            f"{DECLARE}\nstorages['rokka'].url(photo.image.name, 'thumb')",
            id="a storage writes a URL",
        ),
    ],
)
def test_nothing_heavy__is_loaded_when(code: str) -> None:
    assert find_heavy(code) == set()


def test_pillow__is_loaded_by_the_checks_as_djangos_image_field_does() -> None:
    checks = f"{DECLARE}\nPhoto._meta.get_field('image').check()"
    assert find_heavy(checks) == {"PIL"}


def test_requests__is_loaded_by_the_first_call() -> None:
    call = """
from django.core.files.storage import storages
from django_rokka.exceptions import RokkaError
from django_rokka.storage import RokkaStorage

storage = RokkaStorage(organization="demo", api_key="k", api_host="http://127.0.0.1:9", retries=0)
try:
    storage.exists("c421f4e8cefe0fd3aab22832f51e85bacda0a47a/1x1/a.jpg")
except RokkaError:
    pass
"""
    assert {"requests", "urllib3"} <= find_heavy(call)
