"""A project with three databases: aliases stand beside their rows, those without one at home."""

from __future__ import annotations

import sys
from io import StringIO
from pathlib import Path
from typing import Any

from tests.lifecycle.several_databases import configure

DATABASES = ("default", "library", "other")


def run(*arguments: str) -> list[str]:
    from django.core.management import call_command

    out = StringIO()
    call_command("rokka_alias", *arguments, stdout=out)
    return out.getvalue().splitlines()


def get_names() -> dict[str, list[str]]:
    from django_rokka.models import Alias

    rows = {name: Alias.objects.using(name).order_by("name") for name in DATABASES}
    return {name: list(its.values_list("name", flat=True)) for name, its in rows.items()}


def check() -> None:
    from django.core.management import call_command

    from django_rokka.storage import get_rokka_storage

    from tests.lifecycle.mirror import a_file
    from tests.testapp.models import Brand

    for name in DATABASES:
        call_command("migrate", database=name, run_syncdb=True, verbosity=0)
    storage = get_rokka_storage()
    red, blue = (storage.upload("logo.png", a_file(colour)) for colour in ("tomato", "teal"))
    Brand.objects.using("default").bulk_create([Brand(pk=1, logo=red)])
    Brand.objects.using("other").bulk_create([Brand(pk=2, logo=red)])

    planned, *_ = run("apply", "--dry-run")
    assert planned.startswith("Organization demo: 2 checked, 2 claimed, "), planned
    assert get_names() == {"default": [], "library": [], "other": []}

    assert run("apply")[-1].startswith("Organization demo: 2 created, 0 moved")
    run("set", "header", red.hash)
    expected = {"default": ["brand_1_logo"], "library": ["header"], "other": ["brand_2_logo"]}
    assert get_names() == expected

    listed: Any = {line.partition(" ")[0] for line in run("list")}
    assert listed == {"brand_1_logo", "brand_2_logo", "header"}
    assert run("show", "brand_2_logo")[0] == "name: brand_2_logo"
    assert sorted(run("verify")) == [
        f"{name}: in step at {red.hash[:12]}" for name in sorted(listed)
    ]

    Brand.objects.using("other").update(logo=str(blue))
    assert run("apply")[-1].startswith("Organization demo: 0 created, 1 moved")
    assert storage.client.aliases.get("brand_2_logo").hash == blue.hash
    assert Brand.objects.using("other").get().logo.alias == "brand_2_logo"

    run("set", "header", blue.hash, "--dry-run")
    run("delete", "header", "--dry-run")
    assert storage.client.aliases.get("header").hash == red.hash
    assert get_names() == expected

    Brand.objects.using("default").all()._raw_delete(using="default")
    (report,) = run("reconcile")
    assert report == (
        "Organization demo: 1 checked, 0 claimed, 0 retargeted, 0 marked, 0 to delete, 1 orphaned,"
        " 0 of other environments, 0 problems."
    ), report


if __name__ == "__main__":
    configure(Path(sys.argv[1]))
    check()
    print("all is well")  # noqa: T201  # for the test that started it
