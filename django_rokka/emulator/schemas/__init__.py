"""What stacks may say: operations, stack options, and their values."""

from __future__ import annotations

from django_rokka.emulator.schemas.descriptions import describe_options
from django_rokka.emulator.schemas.operations import (
    MISSING_OPERATIONS,
    OPERATIONS,
    check_is_rendered,
    check_operation,
    check_operation_name,
)
from django_rokka.emulator.schemas.options import STACK_OPTIONS, check_options

__all__ = [
    "MISSING_OPERATIONS",
    "OPERATIONS",
    "STACK_OPTIONS",
    "check_is_rendered",
    "check_operation",
    "check_operation_name",
    "check_options",
    "describe_options",
]
