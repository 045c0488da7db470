"""Repeating what is safe to repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from django_rokka.client.deadline import Clock, Deadline

if TYPE_CHECKING:
    from tenacity import RetryCallState

__all__ = ["LONGEST_WAIT", "Failure", "repeat"]

LONGEST_WAIT = 60.0
"""Seconds beyond which a ``Retry-After`` is the caller's to wait for."""

_T = TypeVar("_T")


class Failure(NamedTuple):
    """An attempt that failed, and whether another one may succeed.

    ``retry_after`` is in seconds.
    """

    error: Exception
    cause: BaseException | None = None
    is_transient: bool = False
    retry_after: float | None = None


def repeat(
    attempt: Callable[[], _T | Failure],
    *,
    retries: int,
    deadline: Deadline,
    clock: Clock,
    on_retry: Callable[[Failure, float], None],
) -> tuple[_T | Failure, bool]:
    """Attempt until it succeeds, fails for good, or ``retries`` and deadline are used up.

    Waits grow exponentially with jitter, and are never shorter than what rokka asked for.
    Return the last outcome, and whether it was the deadline that ended the attempts.
    """
    first = attempt()
    if not _is_transient(first):
        return first, False  # nearly always, and without importing what repeats
    return _repeat_after(
        first, attempt, retries=retries, deadline=deadline, clock=clock, on_retry=on_retry
    )


def _repeat_after(
    first: _T | Failure,
    attempt: Callable[[], _T | Failure],
    *,
    retries: int,
    deadline: Deadline,
    clock: Clock,
    on_retry: Callable[[Failure, float], None],
) -> tuple[_T | Failure, bool]:
    import tenacity

    known = [first]
    backoff = tenacity.wait_exponential(multiplier=0.5, max=20) + tenacity.wait_random(0, 1)

    def wait(state: RetryCallState) -> float:
        return max(backoff(state), _failure(state).retry_after or 0)

    def stop(state: RetryCallState) -> bool:
        return state.attempt_number > retries or not deadline.has_time_for(state.upcoming_sleep)

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_result(_is_transient),
        wait=wait,
        stop=stop,
        sleep=clock.sleep,
        before_sleep=lambda state: on_retry(_failure(state), state.upcoming_sleep),
        retry_error_callback=_failure,
    )
    outcome = retrying(lambda: known.pop() if known else attempt())
    is_cut_short = _is_transient(outcome) and retrying.statistics["attempt_number"] <= retries
    return outcome, is_cut_short


def _is_transient(outcome: object) -> bool:
    return isinstance(outcome, Failure) and outcome.is_transient


def _failure(state: RetryCallState) -> Failure:
    # tenacity asks this only about attempts that are to be repeated.
    return cast("Failure", state.outcome.result() if state.outcome else None)
