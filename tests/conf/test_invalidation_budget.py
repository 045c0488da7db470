"""The option that divides rokka's hourly budgets among sites."""

from __future__ import annotations

from typing import Any

import pytest

from django_rokka.conf import Config, find_problems, mask, read_config

MINIMAL = {"organization": "acme", "api_key": "the-key"}


@pytest.mark.parametrize(
    ("budget", "shares"),
    [
        (None, (10, 5, 5)),
        (10, (10, 5, 5)),
        (5, (5, 2, 2)),
        (1, (1, 0, 0)),
        (0, (0, 0, 0)),
        ({}, (10, 5, 5)),
        ({"alias": 3, "stack": 0}, (3, 5, 0)),
    ],
    ids=str,
)
def test_invalidation_shares__are_those_of_the_option(budget: Any, shares: tuple[int, ...]) -> None:
    config = read_config(mask({**MINIMAL, "invalidation_budget": budget}))
    assert list(config.invalidation_shares) == ["alias", "image", "stack"]
    assert tuple(config.invalidation_shares.values()) == shares


@pytest.mark.parametrize("budget", range(11))
def test_invalidation_shares__of_two_sites_never_exceed_the_whole(budget: int) -> None:
    one = Config(invalidation_budget=budget).invalidation_shares
    other = Config(invalidation_budget=10 - budget).invalidation_shares
    assert [one[kind] + other[kind] <= Config().invalidation_shares[kind] for kind in one] == [
        True
    ] * 3


@pytest.mark.parametrize(
    "budget",
    ["5", 11, -1, 2.5, True, [5], {"alias": 11}, {"image": 6}, {"album": 1}, {"stack": "1"}],
    ids=str,
)
def test_invalidation_budget__that_is_none_is_told_in_words(budget: Any) -> None:
    (problem,) = find_problems(mask({**MINIMAL, "invalidation_budget": budget}))
    assert (problem.number, problem.message) == (
        5,
        f"The option invalidation_budget is {budget!r}.",
    )
    assert problem.hint == (
        "Write how many of rokka's ten an hour are for this site, 0 to 10, or a dict of at most"
        " {'alias': 10, 'image': 5, 'stack': 5}."
    )
