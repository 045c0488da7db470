"""The fixtures that users' suites get by one line in their conftest.py."""

from __future__ import annotations

import pytest

from tests.test_readme import get_blocks

pytest_plugins = ["pytester"]

SUITE = """
import requests

from django_rokka.testing import make_image


def test_rokka__has_urls_of_production(rokka):
    url = rokka.storage.url(str(rokka.upload(make_image())))
    assert url.startswith("https://demo.rokka.io/")
    assert rokka.fetch(url).status == 200


def test_rokka__is_empty_in_each_test(rokka):
    assert rokka.client.source_images.list(limit=0).total == 0


def test_live_rokka__serves_pictures_to_browsers(rokka, live_rokka):
    url = live_rokka.storage.url(str(live_rokka.upload(make_image())))
    assert url.startswith("http://127.0.0.1:")
    response = requests.get(url, timeout=10)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/jpeg")

    live_rokka.emulator.faults.add(path="/render", status=503)
    assert requests.get(url, timeout=10).status_code == 503
"""


def test_plugin__gives_a_rokka_to_a_suite(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("pytest_plugins = ['django_rokka.testing.plugin']")
    pytester.makepyfile(SUITE)

    result = pytester.runpytest_subprocess("-p", "no:randomly", "--ds", "tests.settings")

    result.assert_outcomes(passed=3)


PROJECT = """
from tests.settings import *

%s
STORAGES["rokka"]["OPTIONS"]["stacks"] = STACKS
"""


def test_readme__shows_a_suite_that_passes(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_DATABASE", "sqlite")  # this run has the other one
    conftest = next(block for block in get_blocks("python") if "pytest_plugins" in block)
    suite = next(block for block in get_blocks("python") if "def test_brand__" in block)
    stacks = next(block for block in get_blocks("python") if block.startswith("STACKS"))
    pytester.makeconftest(conftest)
    pytester.makepyfile(
        f"from tests.testapp.models import Brand\n{suite}", project=PROJECT % stacks
    )

    result = pytester.runpytest_subprocess("--ds", "project", "-p", "no:randomly")

    result.assert_outcomes(passed=1)
