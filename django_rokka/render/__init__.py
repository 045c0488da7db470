"""The grammar of rokka: image references, render URLs and their signatures.

Everything here is a pure function of its arguments: no network, no files, no Django.
"""

from __future__ import annotations

from django_rokka.render.expressions import evaluate
from django_rokka.render.geometry import rendered_size
from django_rokka.render.operations import Operation
from django_rokka.render.reference import ImageReference, check_alias_name, is_alias_name
from django_rokka.render.signing import is_signature_valid, sign_url
from django_rokka.render.srcset import srcset
from django_rokka.render.stacks import StackDefinition
from django_rokka.render.urls import RenderURL, add_stack_variables

__all__ = [
    "ImageReference",
    "Operation",
    "RenderURL",
    "StackDefinition",
    "add_stack_variables",
    "check_alias_name",
    "evaluate",
    "is_alias_name",
    "is_signature_valid",
    "rendered_size",
    "sign_url",
    "srcset",
]
