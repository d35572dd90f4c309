"""Logs of every event there is, and what a hostile contract makes of them."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from ingest import decode
from tests.fixtures.frames import ChainBuilder, address, batch_data, word
from tests.ingest.decode.rules import EVERY, example

PEOPLE = tuple(address(name) for name in ("alice", "bob", "carol", "mallory"))


@dataclass(frozen=True)
class Log:
    topics: tuple[bytes, ...]
    data: bytes


def _parties(*people: bytes) -> tuple[bytes, ...]:
    return tuple(word(person) for person in people)


_TRANSFERS = (
    Log((decode.TRANSFER, *_parties(*PEOPLE[:2])), word(5)),
    Log((decode.TRANSFER, *_parties(*PEOPLE[:2]), word(7)), b""),
    Log((decode.TRANSFER_SINGLE, *_parties(*PEOPLE[:3])), word(7) + word(5)),
    Log((decode.TRANSFER_BATCH, *_parties(*PEOPLE[:3])), batch_data([(1, 10), (2, 20), (3, 30)])),
    Log((decode.DEPOSIT, *_parties(PEOPLE[0])), word(5)),
    Log((decode.WITHDRAWAL, *_parties(PEOPLE[0])), word(5)),
)
SOUND = (*_TRANSFERS, *(Log(told.topics, told.data) for told in (example(*place) for place in EVERY)))
"""One log of each shape of each event."""

_NUMBERS = (
    0, 1, 2, 3, 4, 31, 32, 33, 64, 96, 128, 160, 192, 256, 288, 2**8, 2**16, 2**23 - 1, 2**23, 2**24, 2**31,
    2**32, 2**48, 2**63 - 1, 2**63, 2**64 - 32, 2**64 - 1, 2**64, 2**112, 2**128, 2**160 - 1, 2**160, 2**255,
    2**256 - 2**23, 2**256 - 2**23 - 1, 2**256 - 2**32, 2**256 - 32, 2**256 - 1,
)  # fmt: skip


def cut_anywhere(log: Log) -> list[Log]:
    """The log with its data ended after each byte."""
    return [replace(log, data=log.data[:size]) for size in range(len(log.data))]


def any_word_any_number(log: Log) -> list[Log]:
    """The log with each word of it, its signature left out, replaced by each unusual number."""
    numbers = [word(number) for number in sorted({*_NUMBERS, len(log.data), len(log.data) // 32})]
    topics, data = log.topics, log.data
    return [
        replace(log, topics=(*topics[:at], number, *topics[at + 1 :]))
        for number in numbers
        for at in range(1, len(topics))
    ] + [
        replace(log, data=data[:at] + number + data[at + 32 :])
        for number in numbers
        for at in range(0, len(data) - 31, 32)
    ]


def hostile(log: Log, dice: random.Random) -> Log:
    """One thing about a log made wrong, or at least unusual."""
    ways = (_topic_changed, _topics_counted, _word_changed, _bit_turned, _resized, _place_moved)
    return dice.choice(ways)(log, dice) if log.topics else log


def _word(log: Log, dice: random.Random) -> bytes:
    size = len(log.data)
    near = [max(size + step, 0) for step in (-64, -33, -32, -31, -1, 0, 1, 32)] + [size // 32, size // 64]
    return word(dice.choice((*_NUMBERS, *near)))


def _topic_changed(log: Log, dice: random.Random) -> Log:
    at = dice.randrange(len(log.topics))
    return replace(log, topics=(*log.topics[:at], _word(log, dice), *log.topics[at + 1 :]))


def _topics_counted(log: Log, dice: random.Random) -> Log:
    if dice.random() < 0.5 or len(log.topics) == 4:
        return replace(log, topics=log.topics[: dice.randrange(len(log.topics))])
    return replace(log, topics=(*log.topics, _word(log, dice)))


def _word_changed(log: Log, dice: random.Random) -> Log:
    at = 32 * dice.randrange(len(log.data) // 32 + 1)
    return replace(log, data=log.data[:at] + _word(log, dice) + log.data[at + 32 :])


def _bit_turned(log: Log, dice: random.Random) -> Log:
    if not log.data:
        return log
    changed = bytearray(log.data)
    changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return replace(log, data=bytes(changed))


def _resized(log: Log, dice: random.Random) -> Log:
    if dice.random() < 0.5:
        return replace(log, data=log.data[: dice.randrange(len(log.data) + 1)])
    return replace(log, data=log.data + dice.randbytes(dice.choice((1, 31, 32, 33, 64))))


def _place_moved(log: Log, dice: random.Random) -> Log:
    """A word of the data is copied over another: places and lengths then agree with something else."""
    words = len(log.data) // 32
    if words < 2:
        return log
    source, target = 32 * dice.randrange(words), 32 * dice.randrange(words)
    return replace(log, data=log.data[:target] + log.data[source : source + 32] + log.data[target + 32 :])


def chain_of(logs: list[Log], dice: random.Random) -> ChainBuilder:
    """Logs spread over transactions and blocks, with native payments and creations between them."""
    chain = ChainBuilder().block()
    left = list(logs)
    while left:
        sender, to = dice.sample(PEOPLE, 2)
        if dice.random() < 0.2:
            chain.block()
        if dice.random() < 0.2:
            chain.creates(sender, to, wei=dice.choice((0, 3)))
        some = dice.randrange(1, 5)
        status = dice.choice((0, 1, 1, None))
        with chain.transaction(sender, to, wei=dice.choice((0, 0, 2**200)), status=status):
            for log in left[:some]:
                chain.log(dice.choice(PEOPLE), log.topics, log.data)
        left = left[some:]
    return chain
