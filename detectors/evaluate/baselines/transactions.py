"""Three naive answers about single transactions: flag all, flag some by lot, flag what is large.

Each calls the sender of what it flags an attacker. They keep the contract of a detector but name no category.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from detectors.base import Finding, Row, Seen, Tier
from detectors.evaluate.categories import ANY
from detectors.parts.holdings import transfers
from detectors.parts.limbs import floats
from detectors.parts.people import whole


@dataclass(frozen=True, slots=True)
class Sent:
    """A transaction; `to` is null where it creates a contract."""

    block: int
    time: int
    hash: bytes
    sender: bytes
    to: bytes | None


def sent(seen: Seen) -> list[Sent]:
    """All transactions of a piece."""
    columns = seen.transactions
    lines = zip(
        *(columns[name].tolist() for name in ("block", "time", "signer", "target", "created")),
        columns["hash"],
        strict=True,
    )
    return [
        Sent(block, time, hash_.tobytes(), seen.address(sender), None if created else seen.address(to))
        for block, time, sender, to, created, hash_ in lines
    ]


def flagged(transactions: list[Sent], scores: list[float], explanation: str) -> list[Finding]:
    """A finding for each transaction, with it as its subject."""
    return [_finding(each, score, explanation) for each, score in zip(transactions, scores, strict=True)]


def _finding(each: Sent, score: float, explanation: str) -> Finding:
    block, time, transaction, sender, to = each.block, each.time, each.hash, each.sender, each.to
    return Finding(
        block_number=block,
        timestamp=time,
        category=ANY,
        subject_kind="transaction",
        subject=transaction,
        score=score,
        severity="low",
        transaction=transaction,
        roles=((sender, "attacker"),),
        rows=(Row(transaction, -1, block, sender, to),),
        explanation=explanation,
    )


class Constant:
    """Flags every transaction. Fails: always; whoever claims more recall than this is wrong. Source: none."""

    name = "constant"
    catches = (ANY,)
    needs: Tier = "transfers"
    settings: object = None
    reads: tuple[str, ...] = ()

    def score(self, seen: Seen) -> list[Finding]:
        """One finding a transaction, scored 1."""
        chosen = sent(seen)
        return flagged(chosen, [1.0] * len(chosen), "It is a transaction.")


@dataclass(frozen=True, slots=True)
class Lot:
    """per_10k: so many of 10,000 transactions are flagged. key: another key draws others."""

    per_10k: int = 100
    key: str = "undertow baseline"


class Random:
    """Flags 1 in 100 transactions by a keyed hash of theirs. Fails: as often as chance. Source: none."""

    name = "random"
    catches = (ANY,)
    needs: Tier = "transfers"
    settings = Lot()
    reads: tuple[str, ...] = ()

    def score(self, seen: Seen) -> list[Finding]:
        """One finding for each transaction drawn; the score is its lot, which says nothing."""
        lots = [(each, self._lot(each.hash)) for each in sent(seen)]
        drawn = [(each, lot) for each, lot in lots if lot < self.settings.per_10k / 10_000]
        scores = [round(1 - lot, 6) for _, lot in drawn]
        return flagged([each for each, _ in drawn], scores, "It was drawn by lot.")

    def _lot(self, transaction: bytes) -> float:
        """Even between 0 and 1."""
        digest = hashlib.blake2b(transaction, digest_size=8, key=self.settings.key.encode()).digest()
        return int.from_bytes(digest, "big") / 2**64


@dataclass(frozen=True, slots=True)
class Large:
    """wei: what moves more than this is flagged."""

    wei: int = 50 * 10**18


class LargeValue:
    """Flags transactions that move more than 50 ether, as value or as wrapped ether in one transfer.

    What hobby pipelines ship. Other tokens have no price without a source from outside. Fails: for every
    attack that moves less, and every honest holder who moves more. Source: tutorials.
    """

    name = "value > 50 ETH"
    catches = (ANY,)
    needs: Tier = "transfers"
    settings = Large()
    reads: tuple[str, ...] = ()

    def __init__(self, wrapped_ether: frozenset[bytes]) -> None:
        self.wrapped_ether = wrapped_ether

    def score(self, seen: Seen) -> list[Finding]:
        """One finding a transaction, scored by how many times 50 ether its largest movement is."""
        rows, which, least = seen.rows, transfers(seen), self.settings.wei
        which = which[floats(rows["amount"][which]) >= least]
        largest: dict[int, float] = {}
        first = int(seen.transactions["number"][0]) if seen.transactions["number"].size else 0
        for at, wei in zip(which.tolist(), whole(rows["amount"][which]), strict=True):
            if wei > least and self._is_ether(seen, int(rows["asset"][at]), int(rows["money"][at])):
                number = int(rows["transaction"][at]) - first
                largest[number] = max(largest.get(number, 0.0), float(wei))
        every = sent(seen) if largest else []
        places = np.sort(list(largest)).tolist()
        scores = [round(largest[place] / (largest[place] + least), 6) for place in places]
        return flagged([every[place] for place in places], scores, "It moves more than 50 ether.")

    def _is_ether(self, seen: Seen, asset: int, money: int) -> bool:
        return money == 0 or seen.address(asset) in self.wrapped_ether
