"""The chains that are filed, each for itself: what is wrong with one stops no other, and is said."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Generic, Protocol, TypeVar

from ingest.model.errors import (
    BadInput,
    BrokerUnreachable,
    StoreUnreachable,
    TakenOver,
    UndertowError,
)

AGAIN_S = 60.0
"""After so long a chain that could not be filed is opened anew."""


class OfChain(Protocol):
    """What is open of a chain."""

    @property
    def chain_id(self) -> int: ...


Opened = TypeVar("Opened", bound=OfChain)


class Chains(Generic[Opened]):
    """A chain that fails is closed, said once, and tried again later; the others go on."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._open: dict[int, tuple[Opened, ExitStack]] = {}
        self._failed: dict[int, tuple[UndertowError, float]] = {}
        self._untold: dict[int, str] = {}

    def is_to_be_opened(self, chain_id: int) -> bool:
        failed = self._failed.get(chain_id)
        return chain_id not in self._open and (failed is None or self._clock() - failed[1] >= AGAIN_S)

    def add(self, topics: Opened, closing: ExitStack) -> None:
        """`closing` closes what was opened."""
        self._open[topics.chain_id] = (topics, closing)

    def open(self) -> list[Opened]:
        return [topics for topics, _ in self._open.values()]

    @contextmanager
    def alone(self, chain_id: int, opening: bool = False) -> Iterator[None]:
        """What is wrong with this chain ends here; what is wrong with the store or the broker, or a sink that
        took over, passes. A chain that only opened well may still fail when it is read.
        """
        try:
            yield
        except (StoreUnreachable, BrokerUnreachable, TakenOver):
            raise
        except UndertowError as error:
            self._close(chain_id)
            self._fail(chain_id, error)
        else:
            if chain_id in self._failed and not opening:
                self._say(f"sink: chain {chain_id}: filed again")
                del self._failed[chain_id]
                self._untold.pop(chain_id, None)

    def _fail(self, chain_id: int, error: UndertowError) -> None:
        before = self._failed.get(chain_id)
        self._failed[chain_id] = (error, self._clock())
        if before is None or str(before[0]) != str(error):
            self._untold[chain_id] = str(error)

    def expect_one(self) -> None:
        """Says which chains failed. Raises what is wrong with the last of them where no other is left."""
        if self._failed and not self._open:
            raise list(self._failed.values())[-1][0]
        for chain_id, error in self._untold.items():
            self._say(f"sink: chain {chain_id} is not filed, the other chains are: {error}")
        self._untold.clear()

    def expect_all(self) -> None:
        """Raises BadInput that names the chains that are not filed."""
        if self._failed:
            told = "; ".join(f"chain {chain}: {error}" for chain, (error, _) in self._failed.items())
            raise BadInput(f"not all chains were filed: {told}")

    def close(self) -> None:
        for chain_id in list(self._open):
            self._close(chain_id)

    def _close(self, chain_id: int) -> None:
        opened = self._open.pop(chain_id, None)
        if opened is not None:
            opened[1].close()
