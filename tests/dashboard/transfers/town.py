"""A small town at rest: alice pays bob, mallory empties alice, and a hostile token moves; chain 31337.

| block | what |
|---|---|
| 1 | the bank pays alice 10 coins; DAI mints 1,000 to alice |
| 2 | alice pays bob 2 coins and 300 DAI |
| 3 | bob pays carol 1 coin; a token with a hostile name pays alice |
| 4 | mallory's wallet takes 500 DAI of alice, and 5 coins |
| 5 | mallory pays the vault 499 DAI and 4 coins |
| 6 | the vault pays carol 100 DAI; carol pays mallory 1 coin back, which closes a circle |
"""

from __future__ import annotations

from pathlib import Path

from ingest.lake.writing import LakeWriter
from tests.fixtures.frames import ChainBuilder, address

CHAIN = 31337
COIN = 10**18
HOSTILE = b"![p](http://198.51.100.7/x.png)\xe2\x80\xae<b>"
FORMULA = b"=HYPERLINK(1)"


def hexed(name: str) -> str:
    return f"0x{address(name).hex()}"


ALICE, BOB, CAROL, MALLORY, VAULT, BANK = map(hexed, ("alice", "bob", "carol", "mallory", "vault", "bank"))
DAI, TRAP, TWIN = map(hexed, ("dai", "trap", "twin"))
NOBODY = "0x" + "00" * 20


def chain() -> ChainBuilder:
    dai, trap, twin = map(address, ("dai", "trap", "twin"))
    a, b, c, m, v, bank = map(address, ("alice", "bob", "carol", "mallory", "vault", "bank"))
    built = ChainBuilder(CHAIN).block()
    built.metadata(dai, "Dai Stablecoin", "DAI", 18).metadata(trap, HOSTILE, FORMULA, 0)
    built.metadata(twin, "not it", "D\u0410I", 6)  # a Cyrillic A
    built.native(bank, a, 10 * COIN).erc20(dai, bytes(20), a, 1_000 * COIN)
    built.block().native(a, b, 2 * COIN).erc20(dai, a, b, 300 * COIN)
    built.block().native(b, c, COIN).erc20(trap, m, a, 7)
    built.block().native(a, m, 5 * COIN).erc20(dai, a, m, 500 * COIN, by=m)
    built.block().native(m, v, 4 * COIN).erc20(dai, m, v, 499 * COIN)
    return built.block().erc20(dai, v, c, 100 * COIN).native(c, m, COIN)


def lake(folder: Path) -> Path:
    """The town in a lake of two ranges."""
    built, writer = chain(), LakeWriter(folder)
    writer.write(built.batch(1, 3))
    writer.write(built.batch(4, 6))
    return folder
