"""Sandwiches are true: without the attacker's transactions the same block would have given the victims more.

The node itself is asked what it would have given (`eth_simulateV1` on the block before).
"""

from __future__ import annotations

from typing import Any

import pytest

from ingest.localchain.chain.actions import SWAP_GAS
from ingest.localchain.chain.wallet import call_data
from ingest.localchain.play.deploying import world
from ingest.localchain.world.world import ETH
from tests.ingest.localchain.reading import TRANSFER, named, receipts_of
from tests.ingest.localchain.truth.also import (
    deploys_code_that_robs,
    is_borrowed_and_paid_back,
    says_nothing_else,
)
from tests.ingest.localchain.truth.played import Label, Told

CATEGORY = "sandwich"
pytestmark = pytest.mark.chain


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_victims_get_less_than_without_the_attacker_by_what_the_label_says(told: Told) -> None:
    for label in told.attacks():
        lost = sum(_lost_usd(told, label, block) for block in _blocks_of_victims(told, label))
        assert lost == pytest.approx(label["loss_usd"], rel=0.02, abs=1), label["note"]
        assert label["loss_usd"] > 0


def test_the_attacker_gains_in_the_blocks_of_the_sandwiches_and_no_more_than_the_victims_lose(
    told: Told,
) -> None:
    for label in told.attacks():
        gained = sum(_gained(told, label, block) for block in _blocks_of_victims(told, label))
        assert 0 < gained < label["loss_usd"] * 1.05 + 2, label["note"]


def test_attackers_come_before_and_after_the_victims_of_their_block(told: Told) -> None:
    for label in told.attacks():
        attackers = named(label, "attacker")
        for block in _blocks_of_victims(told, label):
            order = [t["from"] for t in _transactions(told, block) if t["hash"] in label["transactions"]]
            assert order[0] in attackers and order[-1] in attackers
            assert set(order[1:-1]) & set(named(label, "victim"))


def test_where_it_bought_too_much_the_victims_kept_their_money(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert (label["harm_block"], label["loss_usd"]) == (None, 0.0)
        theirs = [r for r in _receipts(told, label) if r["from"] in named(label, "victim")]
        assert theirs and {r["status"] for r in theirs} == {"0x0"}
        fees = len(theirs) * ETH.usd(_dearest_failure())
        assert told.lost(label) == pytest.approx(0, abs=fees)


def test_honest_traders_in_busy_blocks_get_what_they_asked_for(told: Told) -> None:
    for label in told.hard_negatives():
        assert {r["status"] for r in _receipts(told, label)} == {"0x1"}, label["note"]
        assert not named(label, "victim") and not named(label, "attacker")


def _dearest_failure() -> int:
    """The most wei that a failed swap costs: all its gas at 5 gwei, what wallets here offer at most."""
    return SWAP_GAS * 5 * 10**9


def _receipts(told: Told, label: Label) -> list[Any]:
    return receipts_of(told.chain, label["transactions"])


def _blocks_of_victims(told: Told, label: Label) -> list[int]:
    victims = named(label, "victim")
    return sorted({int(r["blockNumber"], 16) for r in _receipts(told, label) if r["from"] in victims})


def _transactions(told: Told, block: int) -> list[Any]:
    found: list[Any] = told.chain.ask("eth_getBlockByNumber", hex(block), True)["transactions"]
    return found


def _lost_usd(told: Told, label: Label, block: int) -> float:
    """What the victims would have got in tokens less what they got, at the pool's price before the block."""
    victims, attackers = set(named(label, "victim")), set(named(label, "attacker"))
    there = _transactions(told, block)
    got = _tokens_to(victims, _logs_of(receipts_of(told.chain, [t["hash"] for t in there])))
    without = _tokens_to(
        victims, _simulated(told, block - 1, [t for t in there if t["from"] not in attackers])
    )
    token = _token_of_pool(told, label)
    return (without[token] - got[token]) * _usd_per_unit(told, label, token, block - 1)


def _token_of_pool(told: Told, label: Label) -> str:
    """What is sold there for wrapped ether: whatever else its buyers are paid in that block is not it."""
    (pool,) = named(label, "infrastructure")
    asked = (call_data(question) for question in ("token0()", "token1()"))
    both: list[str] = [
        "0x" + told.chain.ask("eth_call", {"to": pool, "data": data}, "latest")[-40:] for data in asked
    ]
    (token,) = set(both) - {world().weth.lower()}
    return token


def _simulated(told: Told, block: int, transactions: list[Any]) -> list[Any]:
    """Logs of these transactions on top of a block; whoever sends has enough. Deployments trade nothing."""
    wanted = ("from", "to", "value", "input", "gas")
    calls = [{name: t[name] for name in wanted} for t in transactions if t["to"]]
    rich = {t["from"]: {"balance": hex(10**27)} for t in transactions}
    state = {"blockStateCalls": [{"stateOverrides": rich, "calls": calls}], "validation": False}
    (after,) = told.chain.ask("eth_simulateV1", state, hex(block))
    return _logs_of(after["calls"])


def _logs_of(calls: list[Any]) -> list[Any]:
    return [log for call in calls for log in call.get("logs", [])]


def _tokens_to(receivers: set[str], logs: list[Any]) -> dict[str, int]:
    """Units by token that ERC-20 transfers brought to these."""
    total: dict[str, int] = {}
    for log in logs:
        if log["topics"][:1] == [TRANSFER] and "0x" + log["topics"][2][-40:] in receivers:
            total[log["address"]] = total.get(log["address"], 0) + int(log["data"], 16)
    return total


def _usd_per_unit(told: Told, label: Label, token: str, block: int) -> float:
    """What the pool asked for a unit of the token: by its reserves on V2, by its square root price on V3."""
    (pool,) = named(label, "infrastructure")
    question = "slot0()" if label["variant"] == "v3_wallet" else "getReserves()"
    answer = told.chain.ask("eth_call", {"to": pool, "data": call_data(question)}, hex(block))
    first, second = int(answer[2:66], 16), int(answer[66:130], 16)
    second_per_first = (first / 2**96) ** 2 if label["variant"] == "v3_wallet" else second / first
    wei_per_unit = second_per_first if token < world().weth else 1 / second_per_first
    return wei_per_unit * ETH.cents / 100 / ETH.one


def _gained(told: Told, label: Label, block: int) -> float:
    there = named(label, "attacker")
    return told.wealth(there, block) - told.wealth(there, block - 1)


def test_nothing_else_is_true_of_it_and_nothing_else_is_said(told: Told) -> None:
    says_nothing_else(
        told, {"flash-loan-attack": is_borrowed_and_paid_back, "suspicious-contract": deploys_code_that_robs}
    )
