"""For work that runs in a worker of Ray and has workers of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ingest.model.errors import UndertowError

TRIES = 4
"""Times that work is begun when the worker that does it is ended."""

Answer = Any
"""What a worker will have given: a reference of Ray's."""


class WorkerLost(Exception):
    """A worker was ended, and with it what it kept."""


def ended_too_often() -> UndertowError:
    """What a user hears in the end."""
    return UndertowError(
        f"a worker of Ray was ended from outside {TRIES} times at the same work (was memory short?): give "
        "the same command again, with fewer workers; what is written stays"
    )


class Workers:
    """So many workers, each with an object that `make` makes of what it is given, and that lasts."""

    def __init__(self, make: Callable[..., Any], given: Sequence[Any], count: int) -> None:
        import ray

        actor = ray.remote(_Keeper).options(num_cpus=1 if _cpus() > count else 0)
        self._keepers = [actor.remote(make, *given) for _ in range(count)]
        self.count = count

    def ask(self, which: int, method: str, *given: Any) -> Answer:
        """Has a method of a worker's object run, after those that it was asked for before. What was `put` is
        given as it is.
        """
        return self._keepers[which].ask.remote(method, *given)

    def put(self, value: Any) -> Answer:
        """A value for several workers: sent to each machine once."""
        import ray

        return ray.put(value)

    def given(self, answer: Answer) -> Any:
        """What a worker gave, or what it raised; waits for it. Raises WorkerLost where it was ended."""
        import ray

        try:
            return ray.get(answer)
        except ray.exceptions.RayTaskError as error:
            raise (error.cause if isinstance(error.cause, Exception) else error) from None
        except ray.exceptions.RayError as error:
            raise WorkerLost(str(error)) from error

    def is_given(self, answer: Answer) -> bool:
        """Whether `given` need not wait."""
        import ray

        return bool(ray.wait([answer], timeout=0)[0])

    def end(self) -> None:
        import ray

        for keeper in self._keepers:
            ray.kill(keeper)


class _Keeper:
    def __init__(self, make: Callable[..., Any], *given: Any) -> None:
        self._kept = make(*given)

    def ask(self, method: str, *given: Any) -> Any:
        return getattr(self._kept, method)(*given)


def free_workers() -> int:
    """How many workers there is room for beside this one."""
    return max(1, _cpus() - 1)


def _cpus() -> int:
    import ray

    return int(ray.cluster_resources().get("CPU", 1))
