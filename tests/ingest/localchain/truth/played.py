"""What a chain says of a labelled story: who held what before and after it, whatever the story believes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from ingest.localchain.chain.actions import Asset
from ingest.localchain.chain.wallet import Wallet
from ingest.localchain.play.deploying import world
from ingest.localchain.play.stories import repertoires
from tests.fixtures.chain import Played
from tests.ingest.localchain.reading import all_held, labels_of, named, receipts_of

Label = dict[str, Any]


def priced() -> tuple[Asset, ...]:
    """Everything that is worth something in this world; a token of a scam is worth nothing."""
    return (*world().assets, world().wrapped)


@dataclass(frozen=True)
class Told:
    """The stories of one category, and the chain they were played on."""

    chain: Wallet
    category: str
    labels: tuple[Label, ...]
    sanctioned: frozenset[str] = frozenset()
    """What the sanctions list of this world names."""
    few: bool = False
    """Each variant was played once: not all that may happen to it has happened."""

    @classmethod
    def read(cls, played: Played, category: str, few: bool = False) -> Told:
        told = [label for label in labels_of(played.labels) if label["category"] == category]
        listed = (played.labels.parent / "sanctions.txt").read_text().splitlines()
        sanctioned = frozenset(line for line in listed if line.startswith("0x"))
        return cls(Wallet.connect(played.rpc), category, tuple(told), sanctioned, few)

    def attacks(self, variant: str = "") -> list[Label]:
        """Those that succeeded; at least one, or the test that asks has nothing to look at."""
        found = [one for one in self._of("attack", variant) if one["succeeded"]]
        if not found and variant:
            self.leaves_to_soak(f"no {variant} attack succeeded")
        assert found, f"no {variant or self.category} attack was played"
        return found

    def failed(self) -> list[Label]:
        """Attacks that came to nothing."""
        found = [one for one in self._of("attack", "") if not one["succeeded"]]
        if not found:
            self.leaves_to_soak("no attack failed")
        return found

    def leaves_to_soak(self, why: str) -> None:
        """Skips the test where each variant was played once, saying what did not happen."""
        if self.few:
            pytest.skip(f"{self.category}: {why}; make soak plays each variant more often")

    def hard_negatives(self, variant: str = "") -> list[Label]:
        found = self._of("hard_negative", variant)
        assert found, f"no {variant or self.category} hard negative was played"
        return found

    def variants(self, kind: str) -> set[str]:
        """Names of the variants that were played."""
        return {one["variant"] for one in self._of(kind, "")}

    def all_variants(self, kind: str) -> set[str]:
        """Names of the variants that there are."""
        (one,) = [r for r in repertoires({self.category}) if r.kind == kind]
        return set(one.variants)

    def time(self, block: int) -> int:
        """Seconds UTC of a block."""
        return int(self.chain.ask("eth_getBlockByNumber", hex(block), False)["timestamp"], 16)

    def wealth(self, addresses: Iterable[str], block: int) -> float:
        """What these hold at the end of a block, in dollars at the world's prices."""
        return sum(self.wealth_of_each(list(dict.fromkeys(addresses)), block))

    def wealth_of_each(self, addresses: Sequence[str], block: int) -> list[float]:
        """As `wealth`, one figure for each."""
        assets = priced()
        amounts = all_held(self.chain, [(asset, who) for who in addresses for asset in assets], block)
        worth = [asset.usd(n) for asset, n in zip(assets * len(addresses), amounts, strict=True)]
        return [sum(worth[at : at + len(assets)]) for at in range(0, len(worth), len(assets))]

    def gained(self, label: Label, role: str) -> float:
        """How much richer all of a role are after the blocks that hold the label's transactions, in dollars:
        the sum of what each such block brought, so that what they do in between does not count.
        """
        return self.gained_by(label, named(label, role))

    def gained_by(self, label: Label, addresses: Iterable[str]) -> float:
        """As `gained`, of these addresses."""
        there = list(addresses)
        return sum(self.wealth(there, block) - self.wealth(there, block - 1) for block in self.blocks(label))

    def blocks(self, label: Label) -> list[int]:
        """Those that hold a transaction of the label."""
        return sorted({int(r["blockNumber"], 16) for r in receipts_of(self.chain, label["transactions"])})

    def received(self, label: Label, addresses: Iterable[str]) -> float:
        """What the label's blocks brought to those of `addresses` that they made richer, in dollars."""
        there = list(dict.fromkeys(addresses))
        total = 0.0
        for block in self.blocks(label):
            before, after = self.wealth_of_each(there, block - 1), self.wealth_of_each(there, block)
            total += sum(max(0.0, now - then) for then, now in zip(before, after, strict=True))
        return total

    def lost_by(self, label: Label, addresses: Iterable[str]) -> float:
        return -self.gained_by(label, addresses)

    def lost(self, label: Label, role: str = "victim") -> float:
        return -self.gained(label, role)

    def _of(self, kind: str, variant: str) -> list[Label]:
        return [one for one in self.labels if one["kind"] == kind and variant in ("", one["variant"])]
