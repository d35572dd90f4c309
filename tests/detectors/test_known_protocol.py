"""What keepers move into a contract in public use is no drain; what somebody keeps is one all the same."""

from __future__ import annotations

from typing import Any

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.explanations.known_protocol import KnownProtocol
from detectors.library.asset_drain import AssetDrain
from tests.fixtures.frames import ChainBuilder, address

ALICE, BOB, KEEPER, DONOR, SAFE, MARKET, SHARE, USD = (
    address(name) for name in ("alice", "bob", "keeper", "donor", "safe", "market", "share", "usd")
)
DAY = 86_400
ETHER = 10**18


def city(users: int = 22, days: int = 9, boss: bytes | None = None) -> ChainBuilder:
    """A contract of alice's keeps a thousand dollars; people, each with money from elsewhere, or all from a
    boss, call a market that is older than the stream.
    """
    chain = ChainBuilder().block().creates(ALICE, SAFE)
    for amount in (300, 700):
        chain.erc20(USD, DONOR, SAFE, amount)
    for n in range(users):
        person = address(f"user {n}")
        chain.native(boss or address(f"employer {n}"), person, ETHER)
        chain.calls(person, MARKET, b"claim")
    return chain.block(days * DAY)


def alerts(chain: ChainBuilder) -> list[Alert]:
    detectors: list[Any] = [AssetDrain()]
    explanations: list[Any] = [KnownProtocol()]
    engine = Engine(1, detectors, follows=False, explanations=explanations)
    engine.take(chain.batch())
    return list(engine.standing())


def moved(chain: ChainBuilder, to: bytes = MARKET, by: bytes = KEEPER, shares_to: bytes = b"") -> bool:
    """All that the contract keeps goes to somebody; whether that is explained. `shares_to`: who is given a
    share for it.
    """
    with chain.transaction(by, SAFE, data=b"move"):
        chain.erc20(USD, SAFE, to, 1_000)
        if shares_to:
            chain.erc20(SHARE, MARKET, shares_to, 1_000)
    (alert,) = alerts(chain)
    assert alert.suppressed_by is None or alert.suppressed_by["kind"] == "known-protocol"
    return alert.suppressed_by is not None


def test_funds_that_a_keeper_moves_into_a_market_of_many_are_explained_by_who_uses_it() -> None:
    assert moved(city())


def test_a_market_of_few_or_of_yesterday_or_of_one_owners_wallets_explains_nothing() -> None:
    assert not moved(city(users=19))
    assert not moved(city(days=3))
    assert not moved(city(boss=BOB))


def test_a_wallet_that_many_pay_is_no_protocol() -> None:
    chain = city()
    for n in range(22):
        chain.native(address(f"user {n}"), BOB, 10**15)
    assert not moved(chain.block(9 * DAY), to=BOB)


def test_who_has_the_loot_put_into_a_market_in_his_own_name_is_not_excused() -> None:
    assert not moved(city(), shares_to=BOB)


def test_the_thiefs_own_wallets_that_call_his_contract_do_not_count() -> None:
    assert not moved(city(boss=KEEPER))
