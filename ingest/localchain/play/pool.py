"""How long the transactions of a played block wait before they are mined, and which of them nobody sees
waiting. It draws from dice of its own and changes nothing that is played: only blocks are mined in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from ingest.localchain.chain.actions import Transaction
from ingest.localchain.chain.miner import Mined, Waits
from ingest.localchain.world.stage import Bundle

MOST_BLOCKS = 3
"""Transactions wait for one to so many blocks."""

LEFT_ALONE: Callable[[], None] = lambda: None  # noqa: E731


@dataclass(slots=True)
class WaitingRoom:
    """`share` of what actors send goes round the pool, to a builder: all that one sends for a block, and
    bundles always. `look` is called on each head while the others wait; `public` says of each transaction
    that was mined whether it waited in the pool.
    """

    seed: int
    share: float
    look: Callable[[], None] = LEFT_ALONE
    public: dict[str, bool] = field(default_factory=dict)
    _rng: Random = field(init=False)

    def __post_init__(self) -> None:
        self._rng = Random(f"pool {self.seed}")

    def waits(
        self, parts: Sequence[list[Transaction]], order: Sequence[int], sent: Sequence[Transaction]
    ) -> Waits:
        """How the transactions `sent` wait, of which `order` says whose part each is."""
        hidden = {
            number
            for number, part in enumerate(parts)
            if (self._rng.random() < self.share) or isinstance(part, Bundle)
        }
        private: set[int] = set()
        senders: set[str] = set()
        for place, (number, one) in enumerate(zip(order, sent, strict=True)):
            if number in hidden or one.sender in senders:  # a later nonce waits for the one before it
                private.add(place)
                senders.add(one.sender)
        return Waits(self._rng.randint(1, MOST_BLOCKS), frozenset(private), self.look)

    def note(self, mined: Sequence[Mined], waits: Waits) -> None:
        for place, one in enumerate(mined):
            if one.hash:
                self.public[one.hash] = place not in waits.private
