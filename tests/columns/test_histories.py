"""Histories that packages keep, and rows in several databases: in a project of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.columns.histories import HASHES, REVERSION

ROOT = Path(__file__).parents[2]


def test_histories__and_other_databases_count(tmp_path: Path) -> None:
    pytest.importorskip("simple_history", reason="django-simple-history is not installed")
    process = subprocess.run(
        [sys.executable, "-m", "tests.columns.histories", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert found["columns"] == [
        "columns.HistoricalProduct.image",
        "columns.Photograph.image in the database 'archive'",
        "columns.Photograph.image in the database 'other'",
        "columns.Product.image",
        "columns.Product.image in the database 'other'",
        "django_rokka.Alias.asked_hash",
        "django_rokka.Alias.confirmed_hash",
        "django_rokka.Alias.target_hash",
        *(["reversion.Version.serialized_data"] if REVERSION else []),
        "wagtailcore.Revision.content",
    ]
    in_history, in_version, elsewhere, unmigrated, archived, in_revision = HASHES
    assert set(found["referenced"]) == {
        in_history,
        elsewhere,
        unmigrated,
        archived,
        in_revision,
        *([in_version] if REVERSION else []),
    }
