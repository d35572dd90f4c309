"""`sides` against dictionaries, and who must never be taken for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
import pytest

from detectors.parts.contract import Seen
from ingest.model.batch import Batch
from tests.detectors.parts.test_net import plain as plain_net
from tests.detectors.seen.looking import pieces
from tests.detectors.seen.views import begun, seen
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import Market, lived

ALICE, BOB, MALLORY, SAFE, DRAINER, TOKEN, CHILD = (
    address(name) for name in ("alice", "bob", "mallory", "safe", "drainer", "token", "child")
)
Members = dict[bytes, dict[bytes, int]]
"""By transaction: who belongs to its side, and how."""


def said(view: Seen) -> Members:
    members, found = view.of("sides")["members"], dict[bytes, dict[bytes, int]]()
    first = int(view.transactions["number"][0])
    for transaction, account, how in zip(
        *(members[n].tolist() for n in ("transaction", "account", "how")), strict=True
    ):
        name = view.transactions["hash"][transaction - first].tobytes()
        found.setdefault(name, {})[view.address(account)] = how
    return found


def members(chain: ChainBuilder | Market) -> list[dict[bytes, int]]:
    return list(said(seen(chain.batch(), None, "sides", "net")).values())


@dataclass
class Contract:
    maker: bytes | None = None
    caller: bytes | None = None
    shared: bool = False
    calls: int = 0
    coded: bool = False


class Plain:
    """The same rule over frames."""

    def __init__(self) -> None:
        self.contracts: dict[bytes, Contract] = {}

    def take(self, batch: Batch) -> Members:
        net = plain_net(batch)
        inside = batch.traces.filter((pl.col("depth") > 0) & ~pl.col("undone"))
        return {
            sent["transaction_hash"]: self._take(sent, batch, net, inside)
            for sent in batch.transactions.iter_rows(named=True)
        }

    def _take(self, sent: dict[str, Any], batch: Batch, net: Any, inside: pl.DataFrame) -> dict[bytes, int]:
        name, signer, done = sent["transaction_hash"], sent["from_address"], sent["status"] != 0
        mine = inside.filter(pl.col("transaction_hash") == name)
        created = sent["contract_address"] if done else None
        for made in [*mine.filter(pl.col("call_type") == "create")["to_address"].to_list(), created]:
            if made is not None:
                self.contracts[made] = Contract(maker=signer, coded=True)
        moved = mine.filter((pl.col("call_type") == "create") | (pl.col("value") != bytes(32))).height
        logs = batch.logs.filter(pl.col("transaction_hash") == name).height
        called = sent["to_address"] if done and (logs or moved) else None
        side = {signer: 1}
        target = called if created is None else created
        accounts = [account for hash_, account, _ in net if hash_ == name and account != bytes(20)]
        for account in [target, *accounts]:
            how = self._how(account, signer, account is not None and account == called)
            if account is not None and how and account not in side:
                side[account] = how
        if called is not None and created is None:
            self._called(self.contracts.setdefault(called, Contract()), signer)
        return side

    def _how(self, account: bytes | None, signer: bytes, is_called: bool) -> int:
        known = self.contracts.get(account or b"")
        if known is None or known.shared or known.caller not in (None, signer):
            return 0
        if known.maker == signer:
            return 2
        return 3 if known.maker is None and is_called and known.coded and known.calls >= 3 else 0

    def _called(self, contract: Contract, signer: bytes) -> None:
        contract.caller, contract.coded = contract.caller or signer, True
        contract.calls += contract.caller == signer
        contract.shared = contract.shared or contract.caller != signer


@pytest.mark.parametrize("seed", range(5))
def test_it_says_what_the_plain_rule_says(seed: int) -> None:
    state, plain, ways = begun("sides", "net"), Plain(), set[int]()
    for piece in pieces(lived(seed, 80).batch(), *range(19, 80, 20)):
        expected = plain.take(piece)
        assert said(seen(piece, state, "sides", "net")) == expected
        ways |= {how for side in expected.values() for how in side.values()}
    assert ways >= {1, 2}


def test_a_contract_is_his_who_made_it_as_long_as_nobody_else_calls_it() -> None:
    chain = ChainBuilder().block().creates(ALICE, SAFE)
    for who in (ALICE, BOB, ALICE):
        chain.erc20(TOKEN, SAFE, who, 5, by=who, via=SAFE)
    assert members(chain) == [{ALICE: 1, SAFE: 2}, {ALICE: 1, SAFE: 2}, {BOB: 1}, {ALICE: 1}]


def test_a_victim_who_is_the_first_to_call_a_drainer_is_no_side_with_it() -> None:
    chain = ChainBuilder().block().creates(MALLORY, DRAINER)
    chain.erc20(TOKEN, ALICE, DRAINER, 5, by=ALICE, via=DRAINER)
    assert members(chain)[1] == {ALICE: 1}


def test_a_router_older_than_the_chain_is_not_that_of_its_first_user() -> None:
    chain = ChainBuilder().block()
    for _ in range(3):
        chain.erc20(TOKEN, SAFE, ALICE, 5, by=ALICE, via=SAFE)
    assert members(chain) == [{ALICE: 1}] * 3


def test_an_old_contract_that_one_wallet_calls_again_and_again_is_his() -> None:
    chain = ChainBuilder().block()
    for _ in range(4):
        chain.erc20(TOKEN, SAFE, ALICE, 5, by=ALICE, via=SAFE)
    assert members(chain)[3] == {ALICE: 1, SAFE: 3}


def test_a_wallet_that_is_paid_is_no_contract_however_often() -> None:
    chain = ChainBuilder().block()
    for _ in range(5):
        chain.native(ALICE, BOB, 5)
    assert members(chain) == [{ALICE: 1}] * 5


def test_a_call_that_failed_makes_nobody_a_caller() -> None:
    chain = ChainBuilder().block().creates(ALICE, SAFE)
    with chain.transaction(BOB, SAFE, status=0):
        pass
    chain.erc20(TOKEN, SAFE, ALICE, 5, by=ALICE, via=SAFE)
    assert members(chain)[2] == {ALICE: 1, SAFE: 2}


def test_a_child_of_his_contract_that_pays_is_of_his_side() -> None:
    market = Market(ChainBuilder().block())
    market.traced.add(market.chain.head)
    market._calls([(SAFE, CHILD, 0, "create")])
    market.chain.creates(ALICE, SAFE)
    market.chain.erc20(TOKEN, CHILD, ALICE, 5, by=ALICE, via=SAFE)
    assert members(market)[1] == {ALICE: 1, SAFE: 2, CHILD: 2}


def test_what_creates_and_pays_in_one_transaction_is_one() -> None:
    """An attack from a constructor: there is no earlier transaction."""
    chain = ChainBuilder().block().creates(MALLORY, SAFE, 5)
    assert members(chain) == [{MALLORY: 1, SAFE: 2}]
