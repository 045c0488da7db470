"""The same work for many items, in threads, with its results in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, TypeVar

__all__ = ["OrderedWork"]

_AHEAD = 2  # items taken per thread, so that none waits for the slowest

_T = TypeVar("_T")
_U = TypeVar("_U")


class OrderedWork(Iterator[_U], AbstractContextManager["OrderedWork[_U]"]):
    """Give what becomes of each item, in order, while threads are at the next ones.

    Items are taken a few ahead. What their iterable raises comes after all results; what the work
    raises ends it. It ends by itself behind the last result; leave it earlier by ``close()``, a
    ``with`` statement or ``contextlib.closing``. That begins nothing more and waits for what is
    at work, an upload with its retries among it, so that files can be closed afterwards. Where it
    is just let go of, nothing more is begun either, but nobody waits.
    """

    def __init__(self, do: Callable[[_T], _U], items: Iterable[_T], *, threads: int) -> None:
        # The threads know this and not the object, which can so be let go of while they work.
        end = self._end = _End()

        def begin(item: _T) -> _U:
            if end.has_come:
                raise CancelledError
            return do(item)

        self._items: Iterator[Any] = iter(items)
        self._begin: Callable[[Any], _U] = begin
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="rokka-upload")
        self._most = _AHEAD * threads
        self._window: deque[Future[_U]] = deque()
        self._has_more = True
        self._failure: Exception | None = None

    def __next__(self) -> _U:
        try:
            self._get_ahead()
            if self._window:
                return self._window.popleft().result()
        except BaseException:
            self.close()
            raise
        failure = self._failure
        self.close()
        try:
            raise failure or StopIteration
        finally:
            del failure  # which holds this frame

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # The garbage collector may call this anywhere, in the midst of starting a thread too: to
        # take a lock or to wait would be to wait for ever. Threads of an executor that is let go
        # of end by themselves.
        self._end.has_come = True

    def close(self) -> None:
        """Begin nothing more, and wait for what is at work; its results are lost."""
        self._end.has_come = True
        self._has_more = False
        self._failure = None
        self._window.clear()
        self._executor.shutdown(cancel_futures=True)

    def _get_ahead(self) -> None:
        """Take one item more, and others until there is a result."""
        while self._has_more and len(self._window) < self._most:
            try:
                item = next(self._items)
            except StopIteration:
                self._has_more = False
                return
            except Exception as error:  # noqa: BLE001 - raised behind the results
                self._has_more = False
                self._failure = error
                return
            self._window.append(self._executor.submit(self._begin, item))
            if self._window[0].done():
                return


class _End:
    """Whether nothing more is to be begun; read and written without a lock."""

    has_come = False
