"""Sanctioned exposure: mallory is listed; who takes his money, who is only dusted, since when it counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.library.sanctioned_exposure import SanctionedExposure
from ingest.blocks import frames as answered
from ingest.facts.lists import ListBook
from ingest.model.batch import Batch
from tests.contract.stories.mixer_flow import DEPOSIT, WITHDRAWAL
from tests.fixtures.frames import ChainBuilder, address, word
from tests.fixtures.mainnet import DATA, recorded, recorded_block, recorded_json
from tests.fixtures.market import WETH, Market, Pool

ALICE, BOB, CAROL, MALLORY, TOKEN, SHOP = (
    address(name) for name in ("alice", "bob", "carol", "mallory", "token", "shop")
)
ETHER = 10**18
DAY = 86_400


def alerts_of(batch: Batch) -> list[Alert]:
    detectors: list[Any] = [SanctionedExposure()]
    engine = Engine(1, detectors, follows=False)
    engine.take(batch)
    return list(engine.standing())


def alerts(chain: ChainBuilder) -> list[Alert]:
    return alerts_of(chain.batch())


def listed(**dates: int) -> ChainBuilder:
    return ChainBuilder().block().lists(MALLORY, **dates)  # type: ignore[arg-type]


def roles(alert: Alert) -> dict[str, str]:
    return {role.address: role.role for role in alert.roles}


def hexed(raw: bytes) -> str:
    return "0x" + raw.hex()


def test_mallory_is_the_attacker_and_bob_who_is_paid_is_not() -> None:
    (alert,) = alerts(listed().native(MALLORY, BOB, 5 * ETHER))
    assert roles(alert) == {hexed(MALLORY): "attacker", hexed(BOB): "intermediary"}
    assert (alert.severity, alert.value_wei) == ("high", str(5 * ETHER))


def test_over_bob_and_carol_it_is_one_alert() -> None:
    chain = listed().native(MALLORY, BOB, 5 * ETHER)
    chain.block().native(BOB, CAROL, 4 * ETHER).block().native(CAROL, ALICE, 3 * ETHER)
    (alert,) = alerts(chain)
    assert {hexed(BOB), hexed(CAROL), hexed(ALICE)} < roles(alert).keys()
    assert len(alert.transactions) == 3


def test_dust_makes_nobody_a_suspect_nor_what_he_does_next() -> None:
    chain = listed().native(MALLORY, ALICE, 10**15).block().native(ALICE, BOB, 10**15)
    chain.erc20(TOKEN, SHOP, MALLORY, 10**6).block().erc20(TOKEN, MALLORY, ALICE, 10**3)
    assert alerts(chain) == []


def test_a_token_that_somebody_makes_mallory_send_taints_nobody() -> None:
    assert alerts(listed().block().erc20(TOKEN, MALLORY, ALICE, 10**6, by=CAROL)) == []


def test_what_mallory_changes_himself_is_still_his() -> None:
    chain = listed()
    with chain.transaction(MALLORY, SHOP, 3 * ETHER):
        chain.erc20(TOKEN, SHOP, MALLORY, 900)
    assert alerts(chain) == []
    (alert,) = alerts(chain.block().erc20(TOKEN, MALLORY, BOB, 900))
    assert hexed(BOB) in roles(alert)


def test_before_the_listing_begins_and_after_it_ends_nothing_counts() -> None:
    now = ChainBuilder().block().now
    for dates, expected in (({"since": now + 1}, 0), ({"until": now}, 0), ({"since": now}, 1)):
        assert len(alerts(listed(**dates).native(MALLORY, BOB, 5 * ETHER))) == expected


def test_a_listing_that_is_told_late_finds_what_mallory_paid_since_it_began() -> None:
    chain = ChainBuilder().block().native(MALLORY, ALICE, 5 * ETHER)
    since = chain.block(DAY).now
    chain.native(MALLORY, BOB, 5 * ETHER)
    chain.block(DAY).lists(MALLORY, since=since).native(ALICE, CAROL, 1)
    (alert,) = alerts(chain)
    assert roles(alert) == {hexed(MALLORY): "attacker", hexed(BOB): "intermediary"}
    assert (alert.block_number, alert.value_wei) == (3, str(5 * ETHER))


def test_a_list_that_is_told_again_finds_nothing_again() -> None:
    chain = listed().native(ALICE, BOB, 1).block().native(MALLORY, BOB, 5 * ETHER)
    (first,) = alerts(chain)
    (second,) = alerts(chain.block(DAY).lists(MALLORY).native(ALICE, BOB, 1))
    assert first.transactions == second.transactions


def test_a_withdrawal_of_the_listing_takes_back_what_bob_still_holds() -> None:
    chain = listed().native(MALLORY, BOB, 5 * ETHER).block().lists(MALLORY, listed=False)
    (alert,) = alerts(chain.native(BOB, CAROL, 5 * ETHER))
    assert alert.measured["hops"] == 1
    assert hexed(CAROL) not in roles(alert)


def test_an_expired_listing_still_taints_what_left_while_it_held() -> None:
    chain = ChainBuilder().block()
    chain.lists(MALLORY, until=chain.now + 1).native(MALLORY, BOB, 5 * ETHER)
    chain.block().native(MALLORY, CAROL, 5 * ETHER).native(BOB, ALICE, 4 * ETHER)
    (alert,) = alerts(chain)
    assert {hexed(ALICE), hexed(BOB)} < roles(alert).keys()
    assert hexed(CAROL) not in roles(alert)


def test_months_after_mallory_paid_only_what_is_mostly_his_money_is_news() -> None:
    """Bob has 5 of mallory's; with 20 of his own beside it what he pays is a fifth mallory's."""
    for own, days, found in ((20, 1, 2), (20, 100, 1), (1, 100, 2)):
        chain = listed().native(ALICE, BOB, own * ETHER).native(MALLORY, BOB, 5 * ETHER)
        chain.block(days * DAY).native(BOB, CAROL, 3 * ETHER)
        news = {hexed(CAROL)} & {address for alert in alerts(chain) for address in roles(alert)}
        assert len(news) + 1 == found


def test_a_token_that_a_pool_prices_is_dust_by_its_worth() -> None:
    """Mallory holds a little gold only, of which a pool gives an ether for a unit, and pays some of it."""
    for units, found in ((10**16, []), (10**17, [hexed(MALLORY)])):
        market = Market(ChainBuilder())
        chain, pool = market.chain.block(), Pool(SHOP, (TOKEN, WETH), [1000 * ETHER, 1000 * ETHER])
        market.fills(pool, ALICE)
        for _ in range(8):
            chain.block()
            with chain.transaction(ALICE, address("router")):
                market.swaps(pool, 0, ETHER, ALICE, ALICE)
        chain.block().lists(MALLORY).erc20(TOKEN, ALICE, MALLORY, 2 * 10**17)
        chain.block().erc20(TOKEN, MALLORY, BOB, units)
        assert [alert.subject_id for alert in alerts(chain)] == found


def test_an_exchange_after_one_dirty_deposit_passes_nothing_on_to_its_customers() -> None:
    chain = listed().lists(SHOP, "exchange").native(MALLORY, SHOP, 5 * ETHER)
    (alert,) = alerts(chain.block().native(SHOP, ALICE, 4 * ETHER))
    assert roles(alert) == {hexed(MALLORY): "attacker", hexed(SHOP): "infrastructure"}


def test_a_mixer_that_no_list_names_passes_nothing_on_to_those_whose_notes_it_pays() -> None:
    chain, pool = listed().erc20(TOKEN, CAROL, MALLORY, 100), SHOP
    for who in (MALLORY, CAROL):
        with chain.transaction(who, pool):
            chain.log(pool, (DEPOSIT, word(who)), word(1) + word(chain.now)).erc20(TOKEN, who, pool, 100)
    with chain.block().transaction(BOB, pool):
        chain.log(pool, (WITHDRAWAL, word(0)), word(BOB) + word(7) + word(0)).erc20(TOKEN, pool, BOB, 100)
    (alert,) = alerts(chain)
    assert roles(alert) == {hexed(MALLORY): "attacker", hexed(SHOP): "infrastructure"}


def test_who_pays_mallory_is_named_but_accused_of_nothing() -> None:
    (alert,) = alerts(listed().native(ALICE, MALLORY, 5 * ETHER))
    assert roles(alert) == {hexed(MALLORY): "attacker", hexed(ALICE): "intermediary"}


def test_a_payment_of_mallory_that_fails_is_a_low_alert() -> None:
    (alert,) = alerts(listed().native(MALLORY, BOB, 5 * ETHER, status=0))
    assert alert.severity == "low"


@pytest.mark.parametrize(("dated", "expected"), [(False, 2), (True, 0)])
def test_of_the_recorded_blocks_the_two_known_addresses_alert_unless_the_list_is_dated(
    tmp_path: Path, dated: bool, expected: int
) -> None:
    """Both blocks are of 2021, the listing of August 2022."""
    known = recorded_json("mainnet/known.json")
    addresses = recorded("labels/ofac_eth.txt").read_text().split()
    if dated:
        lines = ["address,from", *(f"{each},2022-08-08" for each in addresses)]
        (tmp_path / "ofac.csv").write_text("\n".join(lines))
    else:
        (tmp_path / "ofac.txt").write_text("\n".join(addresses))
    found = list[tuple[str, str]]()
    for file in sorted((DATA / "mainnet").glob("*.json.gz")):
        name = file.name.split(".")[0]
        batch = answered.batch(1, [recorded_block(f"mainnet/{file.name}")], ["none"])
        lists = ListBook(tmp_path, print).facts(1, batch.first)
        found += [(name, alert.subject_id) for alert in alerts_of(batch.with_facts(lists=lists))]
    everyone = [(name, who) for name, each in known.items() for who in each["sanctioned"]]
    assert found == (sorted(everyone) if expected else [])
    assert len(found) == expected
