"""The app: what Django sets up once its settings are read."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

__all__ = ["RokkaConfig"]


class RokkaConfig(AppConfig):
    """Connect the receivers and register the checks."""

    name = "django_rokka"
    verbose_name = _("Rokka")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import what registers itself."""
        from django_rokka import checks, receivers  # noqa: F401  # once models are ready
