"""System checks of the storages, of the project's migrations, and of fields side by side."""

from __future__ import annotations

from django_rokka.checks.extras import check_background_work, check_extras
from django_rokka.checks.fields import (
    check_alias_collisions,
    check_protected_fields,
    check_shared_columns,
    check_stock_fields,
    check_unconfigured_fields,
)
from django_rokka.checks.secrets import check_migrations
from django_rokka.checks.storages import (
    check_contradictions,
    check_deployed_storages,
    check_left_over_settings,
    check_storages,
    check_task_queues,
)
from django_rokka.checks.templates import check_cached_signatures

__all__ = [
    "check_alias_collisions",
    "check_background_work",
    "check_cached_signatures",
    "check_contradictions",
    "check_deployed_storages",
    "check_extras",
    "check_left_over_settings",
    "check_migrations",
    "check_protected_fields",
    "check_shared_columns",
    "check_stock_fields",
    "check_storages",
    "check_task_queues",
    "check_unconfigured_fields",
]
