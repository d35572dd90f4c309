"""A chain whose log was cut, lakes that hold what lies below it, and what one clean run says of all blocks.

Mallory poisons alice in block 2, and alice falls for it in block 25. In the blocks that leave (19 to 24)
mallory poisons bob too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from detectors.alerts.alert import book
from detectors.engine.settings import EngineSettings
from detectors.runs.over_lake import LakeRun
from ingest.lake.reading import Lake
from ingest.lake.writing import LakeWriter
from ingest.model.batch import Event, Rollback
from tests.fixtures.frames import ChainBuilder, address
from tests.parity.judged_log import ALICE, BOB, HEAD, MALLORY, USDC, JudgedLog, lookalike

EURC = address("eurc")
FORK = 18


@dataclass(frozen=True)
class Chain:
    """`leaves` and `stays` share the blocks up to `FORK`."""

    leaves: ChainBuilder
    stays: ChainBuilder

    @classmethod
    def of(cls, chain_id: int) -> Chain:
        shared = ChainBuilder(chain_id=chain_id).block().metadata(USDC, "USD Coin", "USDC", 6)
        shared.erc20(USDC, ALICE, BOB, 500).block().erc20(USDC, ALICE, lookalike(BOB), 0, by=MALLORY)
        shared.block().erc20(USDC, BOB, ALICE, 20).blocks(FORK - 3)
        leaves = (
            shared.fork(FORK, "leaves").blocks(2).erc20(USDC, BOB, lookalike(ALICE), 0, by=MALLORY).blocks(4)
        )
        stays = shared.fork(FORK, "stays").block().metadata(EURC, "Euro Coin", "EURC", 6)
        stays.erc20(EURC, BOB, ALICE, 700).blocks(25 - FORK - 1).erc20(USDC, ALICE, lookalike(BOB), 400)
        stays.block().erc20(EURC, BOB, lookalike(ALICE), 0, by=MALLORY).blocks(HEAD - 26)
        return cls(leaves, stays)

    def log(self) -> list[Event]:
        """Blocks 1 to 24 by fives (five events), back to 18, and 19 to 40 by fives."""
        back = Rollback(self.stays.chain_id, FORK, self.stays.batch(FORK, FORK).last_hash)
        return [*self.leaves.batches(5), back, *self.after(FORK)]

    def after(self, number: int) -> list[Event]:
        return [
            self.stays.batch(at, min(at + 4, self.stays.head))
            for at in range(number + 1, self.stays.head + 1, 5)
        ]

    def goes_on(self) -> list[Event]:
        """Six blocks more: alice pays the lookalike again, and bob falls for his."""
        head = self.stays.head
        self.stays.blocks(3).erc20(USDC, ALICE, lookalike(BOB), 50).block()
        self.stays.erc20(EURC, BOB, lookalike(ALICE), 70).blocks(2)
        return self.after(head)


def lake_of(folder: Path, chain: ChainBuilder, *ranges: tuple[int, int]) -> Path:
    for first, last in ranges:
        LakeWriter(folder).write(chain.batch(first, last))
    return folder


def assert_as_one_clean_run(judged: JudgedLog, chain: ChainBuilder, finality: int, first: int = 1) -> None:
    """The book, byte for byte, and the scores, are those of a batch run over all blocks from `first` on."""
    whole = Lake.open(
        lake_of(judged.folder / f"clean-{first}-{chain.head}-{finality}", chain, (first, chain.head))
    )
    settings = EngineSettings(finality=finality)
    clean = LakeRun(whole, chain.chain_id, judged.those(), settings, keep_scores=True).run(
        None, None, lambda _: None
    )
    expected = book(clean.alerts, chain.head, finality)
    kafka_book, store_book, filed = judged.filed()
    assert kafka_book.splitlines() == expected
    assert kafka_book == store_book
    scores = [(s.block_number, s.subject_kind, s.subject, s.score, s.parts) for s in clean.scores]
    assert [(*row[:4], json.loads(str(row[4]))) for row in filed] == sorted(scores, key=lambda s: s[:3])
    assert not judged.mark().rebuilding
    assert judged.mark().anchor == (first, "0x" + chain.batch(first, first).last_hash.hex())
