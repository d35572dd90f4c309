"""Attacks on borrowed money: what is said of one, in whatever shape it comes, and what is left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.evaluate.recorded import exploits
from detectors.library.flash_loan_attack import FlashLoanAttack
from detectors.library.price_manipulation import PriceManipulation
from ingest.blocks import frames as answered
from tests.fixtures.frames import ChainBuilder, address, word
from tests.fixtures.lenders import FLASH_AAVE, LIQUIDATION, Venue, venue
from tests.fixtures.mainnet import DATA, recorded, recorded_block
from tests.fixtures.market import ETHER, FLASH_LOAN, WETH, Market

MALLORY, RAID, LENDER, VAULT, PAIR, CAT, CAROL, LOOT = (
    address(name) for name in ("mallory", "raid", "lender", "vault", "pair", "cat", "carol", "loot wallet")
)
DETECTORS: list[Any] = [FlashLoanAttack(), PriceManipulation()]
COIN = 200 * ETHER


def place() -> Venue:
    return venue(Market(ChainBuilder().block()), PAIR, CAT, LENDER, VAULT, COIN)


def raid(
    where: Venue, event: bytes | None = FLASH_AAVE, drawn: int = COIN * 8 // 10, who: bytes = RAID
) -> int:
    """Inside of a transaction; returns what is left of it."""
    owed = where.lends(who, 2 * COIN, event=event)
    left = where.raids_lender(who, 2 * COIN, drawn)
    where.is_repaid(who, owed)
    return left - owed


def alerts(where: Venue) -> list[Alert]:
    """All that stand."""
    engine = Engine(1, DETECTORS, follows=False, keep_all=True)
    engine.take(where.market.batch())
    assert engine.state.off == {}
    return [alert for alert in engine.standing() if alert.suppressed_by is None]


def shown(who: bytes) -> str:
    return "0x" + who.hex()


def roles(alert: Alert) -> dict[str, str]:
    return {role.address: role.role for role in alert.roles}


@pytest.mark.parametrize("event", [FLASH_AAVE, FLASH_LOAN, None])
def test_the_lenders_loss_is_told_at_the_price_before_whoever_lent_the_money(event: bytes | None) -> None:
    where = place()
    units, held = where.pool.out(1, 2 * COIN) // 2, list(where.pool.reserves)
    with where.market.chain.transaction(MALLORY, RAID):
        raid(where, event)
    (alert,) = alerts(where)
    # What was left with the lender would have fetched this in the pool as it stood; it paid 160 for it.
    worth = units * held[1] // (held[0] + units)
    assert int(str(alert.value_wei)) == pytest.approx(COIN * 8 // 10 - worth, rel=1e-9)
    assert (alert.category, alert.severity) == ("flash-loan-attack", "critical")
    assert roles(alert) == {
        shown(MALLORY): "attacker", shown(RAID): "attacker", shown(LENDER): "victim",
        shown(VAULT): "infrastructure", shown(PAIR): "infrastructure",
    }  # fmt: skip
    assert alert.measured["prices"] == "assumed"
    assert "before their first trade" in alert.explanation


def test_where_the_price_is_known_from_before_nothing_is_assumed_and_no_label_hides_it() -> None:
    where = place()
    where.market.pools.clear()
    where.market.fills(where.pool, CAROL)
    where.market.trades(CAROL, where.pool, 0, ETHER)
    where.market.chain.blocks(8)
    with where.market.chain.transaction(MALLORY, RAID):
        raid(where)
        # A liquidation and an arbitrage told in the same transaction excuse nothing (9.P5).
        topics = (LIQUIDATION, word(CAT), word(WETH), word(CAROL))
        where.market.chain.log(RAID, topics, word(1) + word(1) + word(MALLORY) + word(0))
    (alert,) = alerts(where)
    assert alert.measured["prices"] == "before the block"


def test_a_gain_that_is_sent_on_at_once_is_the_attackers() -> None:
    where = place()
    with where.market.chain.transaction(MALLORY, RAID):
        left = raid(where)
        where.market.chain.erc20(WETH, RAID, LOOT, left)
    (alert,) = alerts(where)
    assert roles(alert)[shown(LOOT)] == "attacker"
    assert int(str(alert.measured["gain_wei"])) == left


def test_collateral_that_another_contract_of_the_lender_keeps_makes_it_no_attacker() -> None:
    where, kept = place(), address("collateral")
    with where.market.chain.transaction(MALLORY, RAID):
        owed = where.lends(RAID, 2 * COIN)
        bought = where.market.swaps(where.pool, 1, 2 * COIN, RAID, RAID)
        where.market.chain.erc20(CAT, RAID, kept, bought // 2).erc20(WETH, LENDER, RAID, COIN)
        where.market.swaps(where.pool, 0, bought // 2, RAID, RAID)
        where.is_repaid(RAID, owed)
    (alert,) = alerts(where)
    assert shown(kept) not in roles(alert)
    assert roles(alert)[shown(LENDER)] == "victim"


def test_who_is_given_a_little_of_the_loot_is_no_attacker() -> None:
    where = place()
    with where.market.chain.transaction(MALLORY, RAID):
        raid(where)
        where.market.chain.erc20(WETH, RAID, CAROL, ETHER)
    (alert,) = alerts(where)
    assert shown(CAROL) not in roles(alert)


def test_a_vault_that_is_made_to_borrow_and_pays_for_it_is_no_attacker() -> None:
    """Mallory calls her contract, which has Carol's vault borrow, and takes what the vault had."""
    where = place()
    chain = where.market.chain
    with chain.transaction(MALLORY, RAID):
        owed = where.lends(CAROL, COIN)
        chain.erc20(WETH, CAROL, RAID, COIN)
        back = where.market.swaps(
            where.pool, 0, where.market.swaps(where.pool, 1, COIN, RAID, RAID), RAID, RAID
        )
        chain.erc20(WETH, RAID, CAROL, back // 2)
        where.is_repaid(CAROL, owed)
    (alert,) = alerts(where)
    assert roles(alert)[shown(CAROL)] == "victim"
    assert roles(alert)[shown(MALLORY)] == "attacker"


def test_an_attack_by_a_constructor_and_one_by_a_wallet_with_code_are_the_same() -> None:
    for called in (None, MALLORY):
        where = place()
        with where.market.chain.transaction(MALLORY, called):
            raid(where, who=MALLORY if called else RAID)
        (alert,) = alerts(where)
        assert alert.subject_id == shown(MALLORY)


def test_three_runs_are_one_alert() -> None:
    where = place()
    for _ in range(3):
        with where.market.chain.transaction(MALLORY, RAID):
            raid(where, drawn=COIN)
        where.market.chain.block()
    (alert,) = alerts(where)
    assert len(alert.transactions) == 3


def test_a_loan_that_was_worth_what_was_left_for_it_harms_nobody() -> None:
    where = place()
    with where.market.chain.transaction(MALLORY, RAID):
        raid(where, drawn=COIN * 3 // 10)
    assert alerts(where) == []


def test_what_was_lent_and_has_no_price_is_still_lost() -> None:
    """As of Eminence: dollars are lent, tokens minted and burnt at a curve, and more dollars come out."""
    where, chain = place(), ChainBuilder().block()
    dollars = address("dollars")
    with chain.transaction(MALLORY, RAID):
        chain.erc20(dollars, VAULT, RAID, 1000).erc20(dollars, RAID, LENDER, 1000)
        chain.erc20(CAT, bytes(20), RAID, 5).erc20(CAT, RAID, bytes(20), 5)
        chain.erc20(dollars, LENDER, RAID, 1400).erc20(dollars, RAID, VAULT, 1001)
    where.market.chain = chain
    (alert,) = alerts(where)
    assert alert.value_wei is None
    assert alert.severity == "medium"
    assert roles(alert)[shown(LENDER)] == "victim"


def test_a_share_that_is_burnt_with_a_loan_was_owed() -> None:
    """A member leaves a fund, and pays a loan with what comes: its shares are gone."""
    where = place()
    with where.market.chain.transaction(MALLORY, RAID):
        owed = where.lends(RAID, COIN)
        where.market.chain.erc20(WETH, RAID, CAROL, COIN).erc20(CAT, MALLORY, bytes(20), ETHER)
        where.market.chain.erc20(WETH, LENDER, RAID, owed)
        where.is_repaid(RAID, owed)
    assert [alert for alert in alerts(where) if LENDER.hex() in json.dumps(roles(alert))] == []


def test_three_of_the_six_recorded_exploits_are_flash_loans_and_their_contracts_the_attackers() -> None:
    expected = {
        "0x35032531": "0x3882a1e7", "0x600a869a": "0x9e025943", "0x8bb8dc5c": "0xdf8bee86",
    }  # fmt: skip
    folder: Path = recorded("exploits")
    report = exploits.judge(folder, DETECTORS)
    found = sorted(Path(case.place).stem for case in report.cases if case.kind == "found")
    assert found == sorted(expected)
    for path in sorted(folder.glob("*.json")):
        outcome = exploits._outcome(path, DETECTORS)
        assert bool(outcome.fitting) == (path.stem in expected)
        for alert in outcome.fitting:
            attackers = {role.address[:10] for role in alert.roles if role.role == "attacker"}
            assert expected[path.stem] in attackers
            assert alert.category == "flash-loan-attack"


def test_ordinary_mainnet_blocks_are_left_alone() -> None:
    """All recorded whole blocks: their loans are arbitrage, liquidations and refinances."""
    recorded("mainnet")
    raised = list[Alert]()
    for file in sorted((DATA / "mainnet").glob("*.json.gz"))[::3]:
        engine = Engine(1, DETECTORS, follows=False, keep_all=True)
        engine.take(answered.batch(1, [recorded_block(f"mainnet/{file.name}")], ["none"]))
        assert engine.state.off == {}
        raised += engine.standing()
    assert raised == []
