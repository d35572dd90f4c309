"""Contracts in everyday life: people save, vote, pay from contract wallets, and developers deploy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingest.blocks.trie import keccak
from ingest.localchain.chain.wallet import selector
from ingest.localchain.honest import council_members, developers, savers, treasurers, wallet_owners
from ingest.localchain.protocols.harbour_council import HarbourCouncil
from ingest.localchain.protocols.savings import Savings
from ingest.localchain.protocols.wallet_factory import WalletFactory
from tests.ingest.localchain import living
from tests.ingest.localchain.living import Lived
from tests.ingest.localchain.reading import moved_by

pytestmark = pytest.mark.chain

BLOCKS = 300
EXECUTE = selector("execute(address,uint256,bytes)")


@pytest.fixture(scope="module")
def lived(origin_rpc: str) -> Iterator[Lived]:
    habits = [council_members, developers, savers, treasurers, wallet_owners]
    with living.lived(origin_rpc, habits, BLOCKS) as done:
        yield done


def events(lived: Lived, contract: str, signature: str) -> int:
    topic = "0x" + keccak(signature.encode()).hex()
    wanted = {"fromBlock": "0x0", "address": contract, "topics": [topic]}
    return len(lived.stage.miner.wallet.ask("eth_getLogs", wanted))


def test_they_make_one_or_two_transactions_a_block(lived: Lived) -> None:
    assert 1 <= len(lived.sent) / BLOCKS <= 2.2


def test_nearly_all_of_them_succeed(lived: Lived) -> None:
    assert sum(mined.ok for mined in lived.mined) > 0.98 * len(lived.mined)


def test_people_save_and_take_out_what_they_saved(lived: Lived) -> None:
    savings = lived.stage.world.of(Savings)
    deposits, withdrawals = (
        sum(t.data.startswith(selector(what)) and t.to in savings.vaults for t in lived.sent)
        for what in ("deposit(uint256,address)", "redeem(uint256,address,address)")
    )
    earned = sum(events(lived, vault, "Earned(uint256)") for vault in savings.vaults)

    assert deposits > withdrawals > 5
    assert earned > 2


def test_the_council_decides_and_its_treasury_pays(lived: Lived) -> None:
    council = lived.stage.world.of(HarbourCouncil)
    proposed = events(
        lived,
        council.governor,
        "ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)",
    )
    executed = events(lived, council.governor, "ProposalExecuted(uint256)")
    votes = events(lived, council.governor, "VoteCast(address,uint256,uint8,uint256,string)")

    assert proposed >= executed >= 3
    assert votes >= 6 * executed


def test_contract_wallets_pay_people(lived: Lived) -> None:
    factory = lived.stage.world.of(WalletFactory).factory
    paying = [m for t, m in zip(lived.sent, lived.mined, strict=True) if t.data.startswith(EXECUTE)]

    assert events(lived, factory, "Made(address,address)") == 10
    assert len(paying) > 20 and all(mined.ok for mined in paying)


def test_two_signers_of_three_pay_from_a_shared_wallet(lived: Lived) -> None:
    confirmed = [
        (t, m)
        for t, m in zip(lived.sent, lived.mined, strict=True)
        if t.data.startswith(selector("confirm(uint256)"))
    ]
    assert len(confirmed) >= 5
    for transaction, mined in confirmed:
        (receipt,) = lived.stage.miner.wallet.ask_all([("eth_getTransactionReceipt", [mined.hash])])
        done = "0x" + keccak(b"Executed(uint256)").hex()
        assert done in {log["topics"][0] for log in receipt["logs"]}, transaction


def test_developers_deploy_code_of_many_kinds(lived: Lived) -> None:
    created = [mined.created for mined in lived.mined if mined.created]
    miner = lived.stage.miner
    codes = {miner.wallet.ask("eth_getCode", address, "latest") for address in created}

    assert len(created) >= 15
    assert len(codes) >= 6


def test_savers_are_people_who_had_the_money(lived: Lived) -> None:
    moves = moved_by(lived.stage.miner.wallet, [mined.hash for mined in lived.mined if mined.ok])
    vaults = lived.stage.world.of(Savings).vaults
    paid_in = [move for move in moves if move.receiver in vaults and move.token is not None]
    dollars = {asset.address: asset for asset in lived.stage.world.of(Savings).assets}

    assert paid_in
    assert min(dollars[move.token].usd(move.amount) for move in paid_in) > 1
