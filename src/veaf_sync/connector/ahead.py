"""Asking for the next answer while the present one is worked on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Got(Generic[T]):
    value: T


def ahead(steps: Iterator[T]) -> Iterator[T]:
    """The same steps in the same order, each taken from `steps` while the one before it is worked on.

    `steps` runs in a thread of its own, one step ahead and never more, so what it sends is what it would have sent
    anyway, but for the one request that was on its way when nobody wanted to go on. What it raises is raised here,
    behind the steps before it.
    """
    wanted: queue.SimpleQueue[bool] = queue.SimpleQueue()
    answers: queue.SimpleQueue[_Got[T] | BaseException | None] = queue.SimpleQueue()

    def work() -> None:
        while wanted.get():
            try:
                answers.put(_Got(next(steps)))
            except StopIteration:
                answers.put(None)
                return
            except BaseException as error:  # it is the caller's to judge
                answers.put(error)
                return

    # a daemon, so that a request that hangs does not keep the process from ending
    threading.Thread(target=work, daemon=True, name=f"{threading.current_thread().name}-ahead").start()
    wanted.put(True)
    try:
        while (answer := answers.get()) is not None:
            if not isinstance(answer, _Got):
                raise answer
            wanted.put(True)
            yield answer.value
    finally:
        wanted.put(False)
