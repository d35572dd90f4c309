"""One lake of two chains on which alice pays bob in the same block, and tokens of one address call themselves
otherwise: who asks of one chain sees that one.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from dashboard.store import open_reader, open_writer
from dashboard.transfers.door import open_transfers
from dashboard.transfers.values import Asked
from ingest.lake.reading import Lake
from ingest.lake.writing import LakeWriter
from ingest.model.batch import concat
from ingest.model.errors import BadInput
from tests.fixtures.frames import ChainBuilder, address

PAID = {1: (5, "DAI"), 10: (7, "BAD")}
ALICE, BOB, TOKEN = (address(name) for name in ("alice", "bob", "token"))


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    writer = LakeWriter(tmp_path / "lake")
    for chain, (amount, symbol) in PAID.items():
        built = ChainBuilder(chain).block().erc20(TOKEN, ALICE, BOB, amount).metadata(TOKEN, symbol, symbol)
        writer.write(built.batch())
    return tmp_path / "lake"


def test_blocks_of_one_number_are_two_in_the_lake(lake: Path) -> None:
    opened = Lake.open(lake)
    assert opened.chain_ids() == list(PAID)
    for chain in PAID:
        batch = concat(list(opened.batches(chain)))
        assert batch.chain_id == chain and batch.blocks.height == 1
    with pytest.raises(BadInput):
        opened.chain_id()


def test_transfers_and_tokens_of_one_address_are_those_of_the_chain_that_is_asked_of(
    lake: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    open_writer(url).close()
    name = "0x" + TOKEN.hex()
    with closing(open_reader(url)) as reader:
        door = open_transfers(reader, str(lake))
        for chain, (amount, symbol) in PAID.items():
            for asked in (Asked(chain), Asked(chain, ("0x" + ALICE.hex(),)), Asked(chain, token=name)):
                assert [each.amount for each in door.find(asked).transfers] == [amount]
            assert door.named(chain, [name])[name].symbol == symbol
