"""Recorded mainnet blocks again and again, as a chain that goes on: numbers, times and hashes follow each
other, and most people are others each time, so that what is remembered grows as it does there.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import polars as pl

from ingest.model.batch import Batch
from tests.bench.engine.decoding import made, recorded

SECONDS, BEGIN = 12, 1_690_000_000
BUSY = 2
"""Transactions in the recorded blocks from which on a sender is the same in every round: bots, exchanges."""
VARIANTS = 3
"""Every other sender comes back as one of so many people; the rest are new ones in each round."""
WORD = 32
_TOPICS = ("topic1", "topic2", "topic3")


class Mainnet:
    """Consecutive blocks, always the same ones, from those that were recorded (else made ones)."""

    def __init__(self, blocks: Sequence[Batch] | None = None) -> None:
        self._blocks = list(blocks) if blocks is not None else recorded() or made()
        sent = Counter(each for block in self._blocks for each in block.transactions["from_address"])
        self._people = [who for who, times in sent.items() if times < BUSY]
        self.number = 0

    def batches(self, blocks: int, size: int) -> Iterator[Batch]:
        """So many blocks in batches of a size."""
        for start in range(0, blocks, size):
            yield self.batch(min(size, blocks - start))

    def batch(self, blocks: int) -> Batch:
        frames = [self._next() for _ in range(blocks)]
        return Batch(*(pl.concat(each).rechunk() for each in zip(*frames, strict=True)))

    def _next(self) -> list[pl.DataFrame]:
        turn, at = divmod(self.number, len(self._blocks))
        self.number += 1
        block, names = self._blocks[at], self._names(turn)
        time = BEGIN + SECONDS * self.number
        numbered = [pl.lit(self.number, pl.UInt64).alias("block_number")]
        timed = [*numbered, pl.lit(time, pl.UInt64).alias("timestamp")]
        own, before = (pl.lit(_hash(number), pl.Binary) for number in (self.number, self.number - 1))
        named = _renamed(block.transactions, ("from_address", "to_address"), names)
        return [
            block.blocks.with_columns(*timed, own.alias("block_hash"), before.alias("parent_hash")),
            _anew(named, turn).with_columns(timed),
            _anew(_renamed(block.logs, _TOPICS, _padded(names)), turn)
            .with_columns(_changed("data", _in_words(_padded(names))))
            .with_columns(numbered),
        ]

    def _names(self, turn: int) -> dict[bytes, bytes]:
        """Who is who in this round."""
        found = {}
        for who in self._people:
            variant = turn if who[-1] % 2 else turn % VARIANTS
            if variant:
                found[who] = hashlib.sha256(who + variant.to_bytes(4, "big")).digest()[:20]
        return found


def _padded(names: dict[bytes, bytes]) -> dict[bytes, bytes]:
    return {who.rjust(WORD, b"\0"): other.rjust(WORD, b"\0") for who, other in names.items()}


def _renamed(frame: pl.DataFrame, columns: Sequence[str], names: dict[bytes, bytes]) -> pl.DataFrame:
    return frame.with_columns(
        pl.Series(name, [names.get(each, each) for each in frame[name].to_list()], pl.Binary)
        for name in columns
    )


def _in_words(names: dict[bytes, bytes]) -> Callable[[bytes], bytes]:
    def changed(data: bytes) -> bytes:
        words = [data[at : at + WORD] for at in range(0, len(data), WORD)]
        return b"".join(names.get(word, word) for word in words)

    return changed


def _changed(name: str, change: Callable[[bytes], bytes]) -> pl.Expr:
    return pl.col(name).map_elements(change, pl.Binary)


def _anew(frame: pl.DataFrame, turn: int) -> pl.DataFrame:
    """With other hashes of transactions in each round."""
    mark = turn.to_bytes(4, "big")
    return frame.with_columns(_changed("transaction_hash", lambda known: known[:-4] + mark))


def _hash(number: int) -> bytes:
    return b"block".ljust(24, b"\0") + number.to_bytes(8, "big")
