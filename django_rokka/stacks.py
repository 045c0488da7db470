"""Stacks as the project declares them, and the way to rokka."""

from __future__ import annotations

from django_rokka.storage import RokkaStorage, get_rokka_storage

__all__ = ["apply"]


def apply(storage: RokkaStorage | None = None) -> list[str]:
    """Create or overwrite every stack of the option ``stacks``; return their names.

    Other stacks of the organization are not touched. What a CDN holds of a stack that changed
    stays as it is. PUT /stacks/{org}/{name}?overwrite=true.
    """
    storage = storage or get_rokka_storage()
    declared = storage.config.stacks or {}
    for name, definition in declared.items():
        storage.client.stacks.create(name, definition, overwrite=True)
    return list(declared)
