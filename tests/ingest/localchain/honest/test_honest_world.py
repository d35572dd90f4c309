"""Ordinary traffic has the shape of mainnet's, held against figures of seven recorded mainnet blocks.

Those blocks (1,457 transactions by 983 senders): 40 % plain payments, 2.9 % failed, 1.0 logs and .75
transfers a transaction; the busiest 1 % of senders sent 16 % and the busiest 10 % 39 %; the five busiest of
229 tokens made 64 % of the transfers. What is asked here is the same order, not the same number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.localchain.chain.chain import fork
from ingest.localchain.chain.wallet import Wallet
from ingest.localchain.play.simulation import Script, simulate
from tests.ingest.localchain.reading import TRANSFER

pytestmark = pytest.mark.chain

BLOCKS = 150
PER_BLOCK = 50


@pytest.fixture(scope="module")
def blocks(origin_rpc: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Any]]:
    """The last `BLOCKS` blocks of a world without stories, with their receipts."""
    labels: Path = tmp_path_factory.mktemp("honest") / "labels.jsonl"
    script = Script(seed=5, blocks=BLOCKS, attacks_per_category=0, transactions_per_block=PER_BLOCK)
    with fork(origin_rpc) as node:
        simulate(node.url, labels, script)
        chain = Wallet.connect(node.url)
        head = int(chain.ask("eth_blockNumber"), 16)
        numbers = [hex(number) for number in range(head - BLOCKS + 1, head + 1)]
        found = chain.ask_all([("eth_getBlockByNumber", [number, True]) for number in numbers])
        receipts = chain.ask_all([("eth_getBlockReceipts", [number]) for number in numbers])
        yield [block | {"receipts": own} for block, own in zip(found, receipts, strict=True)]


def transactions(blocks: list[Any]) -> list[Any]:
    return [transaction for block in blocks for transaction in block["transactions"]]


def receipts(blocks: list[Any]) -> list[Any]:
    return [receipt for block in blocks for receipt in block["receipts"]]


def transferred(blocks: list[Any]) -> Counter[str]:
    """Transfer events of each token."""
    logs = [log for receipt in receipts(blocks) for log in receipt["logs"]]
    return Counter(log["address"] for log in logs if log["topics"] and log["topics"][0] == TRANSFER)


def share_of(counts: Counter[str], busiest: float) -> float:
    """What part of everything the busiest so many (a share) do."""
    ranked = sorted(counts.values(), reverse=True)
    return sum(ranked[: max(1, round(busiest * len(ranked)))]) / sum(ranked)


def test_blocks_hold_about_as_much_as_was_asked_for(blocks: list[Any]) -> None:
    sizes = [len(block["transactions"]) for block in blocks]

    assert 0.7 * PER_BLOCK < sum(sizes) / len(sizes) < 1.4 * PER_BLOCK
    assert max(sizes) > 1.3 * min(sizes)


def test_a_few_transactions_fail(blocks: list[Any]) -> None:
    failed = sum(receipt["status"] == "0x0" for receipt in receipts(blocks))

    assert 0.01 < failed / len(receipts(blocks)) < 0.08


def test_many_but_not_most_only_pay(blocks: list[Any]) -> None:
    plain = sum(transaction["input"] == "0x" for transaction in transactions(blocks))

    assert 0.2 < plain / len(transactions(blocks)) < 0.6


def test_a_transaction_has_about_one_log(blocks: list[Any]) -> None:
    logs = sum(len(receipt["logs"]) for receipt in receipts(blocks))

    assert 0.5 < logs / len(receipts(blocks)) < 3


def test_few_wallets_do_much_and_most_do_little(blocks: list[Any]) -> None:
    senders = Counter(transaction["from"] for transaction in transactions(blocks))

    assert 0.05 < share_of(senders, 0.01) < 0.4
    assert 0.25 < share_of(senders, 0.10) < 0.75


def test_few_tokens_move_much_and_most_move_little(blocks: list[Any]) -> None:
    tokens = transferred(blocks)

    assert len(tokens) >= 20
    assert 0.4 < sum(sorted(tokens.values())[-5:]) / tokens.total() < 0.95


def test_wallets_appear_and_fall_silent(blocks: list[Any]) -> None:
    third = BLOCKS // 3
    early, late = ({t["from"] for t in transactions(part)} for part in (blocks[:third], blocks[-third:]))

    assert len(late - early) > 0.1 * len(late)
    assert len(early - late) > 0.1 * len(early)


def test_wallets_bid_for_gas_in_their_own_ways(blocks: list[Any]) -> None:
    tips = {t["from"]: t["maxPriorityFeePerGas"] for t in transactions(blocks)}

    assert len(set(tips.values())) > 10


def test_contracts_are_made_and_wallets_that_are_contracts_act(blocks: list[Any]) -> None:
    made = [receipt["contractAddress"] for receipt in receipts(blocks) if receipt["contractAddress"]]

    assert len(made) >= 2
