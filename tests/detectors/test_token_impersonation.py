"""Who passes a token of his own off as one that people use; and tokens that honestly share a name."""

from __future__ import annotations

from detectors.alerts.alert import Alert
from detectors.library.token_impersonation import TokenImpersonation
from tests.detectors.parts.test_skeletons import HOSTILE_NAMES
from tests.detectors.told_alerts import alerts_of, named
from tests.fixtures.frames import ChainBuilder, address

ZERO = bytes(20)
ISSUER, REAL, MALLORY, FALSE, BOB = (address(name) for name in ("issuer", "real", "mallory", "false", "bob"))
PEOPLE = [address(f"person {n}") for n in range(30)]
DAY = 86_400
CYRILLIC = "U\u0405DC"


def in_use(people: int = 30, days: int = 4, symbol: str = "USDC") -> ChainBuilder:
    """A dollar that people pay with, day by day."""
    chain = ChainBuilder().block().creates(ISSUER, REAL).metadata(REAL, "USD Coin", symbol, 6)
    chain.erc20(REAL, ZERO, ISSUER, 10**12, by=ISSUER)
    for _ in range(days):
        for person in PEOPLE[:people]:
            chain.erc20(REAL, person, PEOPLE[0], 5)
        chain.block(DAY)
    return chain


def makes(
    chain: ChainBuilder, symbol: str | bytes, maker: bytes = MALLORY, decimals: int = 6
) -> ChainBuilder:
    chain.creates(maker, FALSE).metadata(FALSE, "USD Coin", symbol, decimals)
    return chain.erc20(FALSE, ZERO, maker, 10**12, by=maker)


def alerts(chain: ChainBuilder) -> list[Alert]:
    return alerts_of(TokenImpersonation(), chain)


def test_one_foreign_letter_alerts_when_mallory_makes_it_before_anybody_is_offered_any() -> None:
    (alert,) = alerts(makes(in_use(), CYRILLIC))
    assert alert.severity == "low"
    assert named(alert, "attacker") == {"0x" + MALLORY.hex()}
    assert alert.subject_id == "0x" + MALLORY.hex()


def test_who_is_handed_some_is_no_attacker_and_the_alert_is_one() -> None:
    chain = makes(in_use(), CYRILLIC).block().erc20(FALSE, MALLORY, BOB, 50).block()
    (alert,) = alerts(chain.erc20(FALSE, BOB, PEOPLE[0], 20))
    assert alert.severity == "medium"
    assert "0x" + BOB.hex() not in named(alert, "attacker")


def test_the_very_name_is_no_fraud_until_it_is_offered() -> None:
    assert alerts(makes(in_use(), "USDC")) == []
    assert len(alerts(makes(in_use(), "USDC").erc20(FALSE, MALLORY, BOB, 50))) == 1


def test_other_decimals_make_it_no_other_name() -> None:
    assert len(alerts(makes(in_use(), "usdc", decimals=18).erc20(FALSE, MALLORY, BOB, 50))) == 1


def test_a_name_that_hardly_anybody_uses_belongs_to_nobody() -> None:
    for people, days in ((6, 4), (30, 1)):
        assert alerts(makes(in_use(people, days), "USDC").erc20(FALSE, MALLORY, BOB, 50)) == []


def test_the_one_that_comes_later_and_is_used_is_no_impostor() -> None:
    """Hard case P3: somebody took the name before the real one came."""
    chain = ChainBuilder().block()
    makes(chain, "WARB").erc20(FALSE, MALLORY, BOB, 50).block()
    chain.creates(ISSUER, REAL).metadata(REAL, "Arb", "WARB").erc20(REAL, ZERO, ISSUER, 10**9, by=ISSUER)
    for _ in range(4):
        for person in PEOPLE:
            chain.erc20(REAL, ISSUER, person, 5).erc20(REAL, person, PEOPLE[0], 5)
        chain.block(DAY)
    assert alerts(chain) == []


def test_two_genuine_dollars_by_one_issuer_live_side_by_side() -> None:
    """Hard case N1."""
    assert alerts(makes(in_use(), "USDC", maker=ISSUER).erc20(FALSE, ISSUER, BOB, 50)) == []


def test_what_a_bridge_mints_for_those_who_bring_it_is_no_false_coin() -> None:
    chain = in_use().creates(MALLORY, FALSE).metadata(FALSE, "USD Coin", "USDC", 6)
    for person in PEOPLE[:6]:
        chain.block().erc20(FALSE, ZERO, person, 10**6, by=MALLORY)
    assert alerts(chain.block().erc20(FALSE, PEOPLE[0], BOB, 5)) == []


def test_another_chain_s_coin_with_its_own_ending_is_another_word() -> None:
    """Hard case N2: USDC.a is doubted by one and defended by another; it does not read the same."""
    assert alerts(makes(in_use(), "USDC.a").erc20(FALSE, MALLORY, BOB, 50)) == []


def test_the_coin_s_own_name_is_always_in_use() -> None:
    chain = makes(ChainBuilder().block().native(BOB, MALLORY, 5), "\uff25TH").erc20(FALSE, MALLORY, BOB, 50)
    (alert,) = alerts(chain)
    assert "the chain's own coin" in alert.explanation


def test_hostile_names_go_through_beside_each_other() -> None:
    chain = in_use(12, 1)
    for number, raw in enumerate(HOSTILE_NAMES * 2):
        token = address(f"hostile {number}")
        chain.creates(MALLORY, token).metadata(token, raw, raw)
        chain.erc20(token, ZERO, MALLORY, 10**9, by=MALLORY).erc20(token, MALLORY, BOB, 50)
    for alert in alerts(chain):
        assert alert.explanation.isprintable()
