"""What is thrown at people, why it is spam, and gifts that are none."""

from __future__ import annotations

from collections.abc import Sequence

from detectors.alerts.alert import Alert
from detectors.library.spam_token import SpamToken
from tests.detectors.parts.test_skeletons import HOSTILE_NAMES
from tests.detectors.told_alerts import alerts_of, named
from tests.fixtures.frames import ChainBuilder, address, keccak
from tests.fixtures.market import WETH

ZERO = bytes(20)
MALLORY, TOKEN, DESK, EXCHANGE, ALICE, DOLLARS = (
    address(name) for name in ("mallory", "token", "desk", "exchange", "alice", "dollars")
)
PEOPLE = [address(f"person {n}") for n in range(12)]
ETHER = 10**18
CLAIM = keccak(b"claim()")[:4]
BAIT = ("Visit claim-eth.xyz to claim your reward", "claim-eth.xyz")


def made(name: str | bytes = "Harbour", symbol: str | bytes = "HARB") -> ChainBuilder:
    chain = ChainBuilder().block().native(EXCHANGE, MALLORY, 9 * ETHER).native(EXCHANGE, ALICE, 9 * ETHER)
    return chain.creates(MALLORY, TOKEN).metadata(TOKEN, name, symbol).block()


def thrown(chain: ChainBuilder, people: Sequence[bytes], giver: bytes = ZERO) -> ChainBuilder:
    with chain.transaction(MALLORY, TOKEN, data=b"drop"):
        for person in people:
            chain.erc20(TOKEN, giver, person, 5 * ETHER)
    return chain.block()


def alerts(chain: ChainBuilder) -> list[Alert]:
    return alerts_of(SpamToken(), chain)


def test_a_link_and_a_promise_need_three_people() -> None:
    assert alerts(thrown(made(*BAIT), PEOPLE[:2])) == []
    (alert,) = alerts(thrown(made(*BAIT), PEOPLE[:3]))
    assert named(alert, "attacker") == {"0x" + MALLORY.hex()}
    assert named(alert, "victim") == set()


def test_who_pays_to_claim_is_a_victim_of_the_same_alert_at_the_token_or_beside_it() -> None:
    for door in (TOKEN, DESK):
        chain = made(*BAIT).creates(MALLORY, DESK)
        thrown(chain, [ALICE, *PEOPLE])
        with chain.transaction(ALICE, door, ETHER, data=CLAIM):
            chain.erc20(TOKEN, ALICE, ZERO, 5 * ETHER)
        (alert,) = alerts(chain)
        assert named(alert, "victim") == {"0x" + ALICE.hex()}
        assert alert.severity == "high"
        assert alert.measured["payers"] == 1


def test_the_first_holders_of_a_launch_who_fund_what_its_maker_built_are_nobodys_victims() -> None:
    chain = made().creates(MALLORY, DESK)
    for holder in (ALICE, *PEOPLE[:3]):
        chain.erc20(TOKEN, ZERO, holder, 10**6 * ETHER, by=MALLORY)
    assert alerts(chain.block().native(ALICE, DESK, 3 * ETHER)) == []


def test_who_wraps_the_coin_where_the_maker_of_the_token_made_that_too_paid_nobody() -> None:
    chain = made().creates(MALLORY, WETH)
    for holder in (ALICE, *PEOPLE[:6]):
        chain.erc20(TOKEN, ZERO, holder, 10**6 * ETHER, by=MALLORY)
    with chain.block().transaction(ALICE, WETH, ETHER, data=keccak(b"deposit()")[:4]):
        chain.deposit_log(WETH, ALICE, ETHER)
    assert alerts(chain) == []


def test_an_airdrop_that_people_use_stays_a_gift_when_one_of_them_pays_its_maker() -> None:
    chain = thrown(made().creates(MALLORY, DESK), [ALICE, *PEOPLE])
    for person in PEOPLE[:3]:
        chain.erc20(TOKEN, person, EXCHANGE, ETHER)
    (early,) = alerts(chain)
    (late,) = alerts(chain.block().native(ALICE, DESK, ETHER))
    assert early == late and named(early, "victim") == set()


def test_an_innocent_name_minted_for_strangers_alone_alerts_low_before_anybody_pays() -> None:
    (alert,) = alerts(thrown(made(), PEOPLE[:6]))
    assert alert.severity == "low"


def test_who_keeps_what_he_made_and_gives_of_it_throws_nothing() -> None:
    chain = made().erc20(TOKEN, ZERO, MALLORY, 10**6 * ETHER, by=MALLORY)
    for person in PEOPLE:
        chain.erc20(TOKEN, MALLORY, person, ETHER)
    assert alerts(chain) == []


def test_a_sender_that_never_had_it_is_a_lie_and_he_is_not_accused() -> None:
    """Hard case P1: logs between well-known wallets make a token look alive."""
    (alert,) = alerts(thrown(made(), PEOPLE[:5], giver=EXCHANGE))
    assert "0x" + EXCHANGE.hex() not in named(alert, "attacker")
    assert "never had it" in alert.explanation


def test_forged_use_by_those_who_got_it_clears_nothing() -> None:
    chain = thrown(made(*BAIT), PEOPLE[:6])
    with chain.transaction(MALLORY, TOKEN):
        for here, there in zip(PEOPLE[:6], PEOPLE[6:], strict=True):
            chain.erc20(TOKEN, here, there, ETHER)
    assert alerts(chain)[0].measured["used"] == 0


def test_the_coin_s_name_for_a_few_wallets_is_spam() -> None:
    """Hard case P2: under every airdrop count."""
    assert len(alerts(thrown(made("Ether", "ETH"), PEOPLE[:4]))) == 1


def test_who_is_charged_by_a_collector_and_never_signs_is_no_market_that_excuses_it() -> None:
    chain = made(*BAIT).erc20(DOLLARS, EXCHANGE, PEOPLE[0], 50 * ETHER)
    chain.erc20(DOLLARS, PEOPLE[0], DESK, 10 * ETHER, by=DESK)
    assert len(alerts(thrown(chain, PEOPLE[:4]))) == 1


def test_gifts_of_pictures_with_a_page_in_their_name_are_thrown_too() -> None:
    """Hard case P3, as far as a name says it."""
    chain = made("Mystery box at t.me/vaultbonus", "BOX")
    with chain.transaction(MALLORY, TOKEN):
        for number, person in enumerate(PEOPLE[:5]):
            chain.erc1155(TOKEN, ZERO, person, [(number, 1), (number + 50, 1)], by=MALLORY)
    assert len(alerts(chain)) == 1


def test_a_project_called_by_its_site_whose_gift_is_used_is_none() -> None:
    """Hard cases N1 and N2."""
    chain = made("harbour.finance", "USDC.e").erc20(TOKEN, ZERO, MALLORY, 10**6 * ETHER, by=MALLORY)
    for person in PEOPLE[:4]:
        chain.erc20(TOKEN, MALLORY, person, ETHER).erc20(TOKEN, person, ALICE, ETHER // 2)
    for person in PEOPLE[4:]:
        chain.erc20(TOKEN, MALLORY, person, ETHER)
    assert alerts(chain) == []


def test_who_pays_and_gets_something_for_it_is_no_victim() -> None:
    chain = thrown(made(), [ALICE, PEOPLE[0]])
    with chain.transaction(ALICE, TOKEN, ETHER, data=CLAIM):
        chain.erc20(address("ticket"), MALLORY, ALICE, 1)
    assert alerts(chain) == []


def test_hostile_names_go_through_beside_each_other_and_nothing_hidden_is_said() -> None:
    chain = made()
    for number, raw in enumerate(HOSTILE_NAMES):
        maker, token = address(f"maker {number}"), address(f"hostile {number}")
        chain.creates(maker, token).metadata(token, raw, raw)
        with chain.transaction(maker, token):
            for person in PEOPLE[:6]:
                chain.erc20(token, ZERO, person, ETHER)
    found = alerts(chain)
    assert len(found) == len(HOSTILE_NAMES)
    for alert in found:
        assert alert.explanation.isprintable()
        assert len(alert.explanation) < 600
