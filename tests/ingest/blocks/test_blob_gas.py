"""How many blobs a block carried: what its header proves, and nothing where it proves none."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.blocks.answers import Answer
from ingest.blocks.verify import Rules, Verify, verified_batch
from tests.fixtures.frames import word
from tests.fixtures.made_blocks import ETHEREUM, Json, MadeBlock, fields, paid
from tests.fixtures.mainnet import recorded_block

LONDON = (*ETHEREUM, "baseFeePerGas")
CANCUN: Json = {
    "withdrawalsRoot": "0x" + word(4).hex(), "blobGasUsed": "0x20000", "excessBlobGas": "0x60000",
    "parentBeaconBlockRoot": "0x" + word(5).hex(),
}  # fmt: skip
SUBNET: Json = {"blockGasCost": "0x0", "blobGasUsed": "0x0", "excessBlobGas": "0x0"}


def carrying(header: Json = CANCUN) -> MadeBlock:
    return MadeBlock(lambda told: fields(told, *LONDON, *header), header, [paid(0)])


def kept_of(answer: Answer, verify: Verify = "strict") -> tuple[Any, ...]:
    blocks = verified_batch(1, [answer], None, Rules(verify), lambda *_: None).blocks
    return blocks.select("proof", "blob_gas_used", "excess_blob_gas").row(0)


def test_a_block_with_a_blob_says_so_under_its_hash() -> None:
    assert kept_of(carrying().answer()) == ("header", 131_072, 393_216)
    assert kept_of(carrying(SUBNET).answer()) == ("header", 0, 0)


@pytest.mark.parametrize("field", ["blobGasUsed", "excessBlobGas"])
def test_a_node_that_tells_of_other_blobs_is_not_believed(field: str) -> None:
    proof, *told = kept_of(carrying().answer(**{field: "0x40000"}), "warn")
    assert proof == "none"
    assert told != [131_072, 393_216]


def test_what_a_node_writes_out_that_its_chain_does_not_have_is_kept_as_nothing() -> None:
    before_cancun = MadeBlock(receipts=[paid(0)])
    written: Json = {"blobGasUsed": "0x0", "excessBlobGas": "0x0"}

    assert kept_of(before_cancun.answer(**written)) == ("header", None, None)
    assert kept_of(before_cancun.answer()) == ("header", None, None)


@pytest.mark.parametrize("odd", ["0x", "", None, "0xzz", "0x1" + "0" * 16])
def test_what_is_no_number_of_64_bits_is_kept_as_nothing(odd: str | None) -> None:
    _, *told = kept_of(carrying().answer(excessBlobGas=odd), "off")
    assert told == [None, None]


def test_mainnets_first_block_with_blob_fields_has_its_excess() -> None:
    """19,426,587 is the first of Cancun: nothing was in excess before it."""
    proof, used, excess = kept_of(recorded_block("mainnet/19426587.json.gz"))
    assert (proof, excess) == ("header", 0)
    assert used is not None and used % 131_072 == 0
    assert kept_of(recorded_block("mainnet/21230867.json.gz"))[2] == 0x3200000
