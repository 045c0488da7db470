"""Every golden vector is run, or belongs to a call that we have no counterpart of."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import pytest

from tests.render import (
    test_signing,
    test_vectors_of_components,
    test_vectors_of_stack_variables,
    test_vectors_of_urls,
)
from tests.render.vectors import read_vectors

# What the parametrized tests of these modules take, whole: their tables of departures name
# results of ours, and leave no vector out.
RUN = {
    "components.json": [
        test_vectors_of_components.GET_URL_COMPONENTS,
        test_vectors_of_components.DECOMPOSE_URI,
        test_vectors_of_components.NORMALIZE_STACK,
    ],
    "signing.json": [test_signing.JAVASCRIPT, test_signing.PHP],
    "stack_variables.json": [
        test_vectors_of_stack_variables.ADD_STACK_VARIABLES,
        test_vectors_of_stack_variables.PHP,
    ],
    "urls.json": [
        test_vectors_of_urls.GET_URL,
        test_vectors_of_urls.GET_URL_FROM_URL,
        test_vectors_of_urls.PHP,
        test_vectors_of_urls.SLUGIFY,
    ],
}

# Calls without a counterpart: file and call, reason.
WITHOUT_COUNTERPART = {
    ("urls.json", "php.getSrcAttributes"): (
        "attributes of HTML are the job of django_rokka.markup; their URLs are those of"
        " getSrcSetUrl, and test_srcset.py compares the candidates that both write"
    ),
    ("urls.json", "php.getBackgroundImageStyle"): (
        "CSS is the job of django_rokka.markup; its URLs are those of getSrcSetUrl"
    ),
}


@pytest.mark.parametrize("name", RUN)
def test_vectors__are_all_run_once_or_named_with_a_reason(name: str) -> None:
    run = Counter(vector["id"] for vector in chain.from_iterable(RUN[name]))
    without = [call for file, call in WITHOUT_COUNTERPART if file == name]
    named = Counter(vector["id"] for call in without for vector in read_vectors(name, call))

    assert run + named == Counter(vector["id"] for vector in read_vectors(name))
    assert len(run) > len(named)


@pytest.mark.parametrize(("name", "call"), WITHOUT_COUNTERPART)
def test_calls_without_a_counterpart__are_still_in_the_file(name: str, call: str) -> None:
    assert read_vectors(name, call)
