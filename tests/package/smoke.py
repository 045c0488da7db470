"""Use the installed wheel as a project would, in an environment with nothing but its dependencies.

Run by `tox run -e package`, from outside the repository and without pytest.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import pkgutil
from pathlib import Path

import django
from django.conf import settings
from django.core.files.storage import storages
from django.core.management import call_command

import django_rokka

SOURCE = Path(__file__).parents[2]
REFERENCE = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a/1600x900/acme-logo.png"
URL = "https://acme.rokka.io/thumb/c421f4e8cefe0fd3aab22832f51e85bacda0a47a/acme-logo.png"

# What needs an extra, or a test runner, is tested by the suite.
NOT_IMPORTED = (
    "django_rokka.contrib",
    "django_rokka.emulator",
    "django_rokka.jinja2",
    "django_rokka.testing",
)


def main() -> None:
    check_files()
    check_environment()
    configure()
    count = import_modules()
    call_command("check", fail_level="WARNING")
    url = build_url()
    assert url == URL, url
    print(f"django-rokka {django_rokka.__version__}: {count} modules imported, {url}")


def check_files() -> None:
    """Check that the wheel holds the package, all of it, and nothing else."""
    recorded = importlib.metadata.files("django-rokka") or []
    installed = {path.as_posix() for path in recorded if path.suffix != ".pyc"}
    packaged = {name for name in installed if ".dist-info/" not in name}
    source = {
        path.relative_to(SOURCE).as_posix()
        for path in (SOURCE / "django_rokka").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert packaged == source, f"differs from the source: {sorted(packaged ^ source)}"
    assert "django_rokka/py.typed" in packaged
    assert any(name.startswith("django_rokka/templates/") for name in packaged)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in installed)


def check_environment() -> None:
    """Check that the wheel is what is imported, and that no extra is there to hide a mistake."""
    assert django_rokka.__version__ == importlib.metadata.version("django-rokka")
    assert SOURCE / "django_rokka" not in Path(django_rokka.__file__).parents
    extras = ("django_tasks", "jinja2", "pytest", "pyvips", "rest_framework", "werkzeug")
    assert not [name for name in extras if importlib.util.find_spec(name)]


def configure() -> None:
    """Configure Django as the README tells."""
    settings.configure(
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django_rokka",
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
            "rokka": {
                "BACKEND": "django_rokka.storage.RokkaStorage",
                "OPTIONS": {"organization": "acme", "api_key": "made-up"},
            },
        },
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        USE_TZ=True,
    )
    django.setup()


def import_modules() -> int:
    """Import every module that needs no extra; return how many there are."""
    names = [
        module.name
        for module in pkgutil.walk_packages(django_rokka.__path__, "django_rokka.")
        if not module.name.startswith(NOT_IMPORTED)
    ]
    for name in names:
        importlib.import_module(name)
    return len(names)


def build_url() -> str:
    """Return what the configured storage makes of a reference."""
    from django_rokka.storage import RokkaStorage

    storage = storages["rokka"]
    assert isinstance(storage, RokkaStorage)
    return storage.url(REFERENCE, stack="thumb")


if __name__ == "__main__":
    main()
