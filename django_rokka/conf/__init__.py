"""The configuration of one storage: its OPTIONS, then ``ROKKA_<OPTION>``, then the default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_rokka.deferral import defer

if TYPE_CHECKING:
    from django_rokka.conf.config import (
        ENVIRONMENT_PREFIX,
        OPTION_NAMES,
        Config,
        find_problems,
        mask,
        read_config,
        read_option,
    )
    from django_rokka.conf.project import (
        as_aware,
        as_stored,
        find_left_over_settings,
        get_declared_storages,
        is_debug,
    )
    from django_rokka.conf.values import INVALIDATIONS_PER_HOUR, Problem
else:
    __getattr__, __dir__ = defer(
        __name__,
        {
            "config": [
                "ENVIRONMENT_PREFIX",
                "OPTION_NAMES",
                "Config",
                "find_problems",
                "mask",
                "read_config",
                "read_option",
            ],
            "project": [
                "as_aware",
                "as_stored",
                "find_left_over_settings",
                "get_declared_storages",
                "is_debug",
            ],
            "values": ["INVALIDATIONS_PER_HOUR", "Problem"],
        },
    )

__all__ = [
    "ENVIRONMENT_PREFIX",
    "INVALIDATIONS_PER_HOUR",
    "OPTION_NAMES",
    "Config",
    "Problem",
    "as_aware",
    "as_stored",
    "find_left_over_settings",
    "find_problems",
    "get_declared_storages",
    "is_debug",
    "mask",
    "read_config",
    "read_option",
]
