"""The grammar of rokka: image references, render URLs and their signatures.

Everything here is a pure function of its arguments: no network, no files, no Django.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_rokka.deferral import defer

if TYPE_CHECKING:
    from django_rokka.render.candidates import srcset
    from django_rokka.render.expressions import evaluate
    from django_rokka.render.geometry import rendered_size
    from django_rokka.render.names import check_hash, check_stack_name
    from django_rokka.render.operations import Operation
    from django_rokka.render.reference import (
        MAX_ALIAS_LENGTH,
        ImageReference,
        check_alias_name,
        has_alias_characters,
        is_alias_name,
    )
    from django_rokka.render.signing import is_signature_valid, sign_url
    from django_rokka.render.stacks import StackDefinition
    from django_rokka.render.urls import DYNAMIC, RenderURL, add_stack_variables
else:
    __getattr__, __dir__ = defer(
        __name__,
        {
            "expressions": ["evaluate"],
            "geometry": ["rendered_size"],
            "names": ["check_hash", "check_stack_name"],
            "operations": ["Operation"],
            "reference": [
                "MAX_ALIAS_LENGTH",
                "ImageReference",
                "check_alias_name",
                "has_alias_characters",
                "is_alias_name",
            ],
            "signing": ["is_signature_valid", "sign_url"],
            "candidates": ["srcset"],
            "stacks": ["StackDefinition"],
            "urls": ["DYNAMIC", "RenderURL", "add_stack_variables"],
        },
    )

__all__ = [
    "DYNAMIC",
    "MAX_ALIAS_LENGTH",
    "ImageReference",
    "Operation",
    "RenderURL",
    "StackDefinition",
    "add_stack_variables",
    "check_alias_name",
    "check_hash",
    "check_stack_name",
    "evaluate",
    "has_alias_characters",
    "is_alias_name",
    "is_signature_valid",
    "rendered_size",
    "sign_url",
    "srcset",
]
