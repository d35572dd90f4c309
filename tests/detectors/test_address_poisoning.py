"""Address poisoning in its rarer forms: whom mallory can imitate beside those whom alice paid, and how."""

from __future__ import annotations

import json

from detectors.engine.settings import EngineSettings
from detectors.registry import detectors
from ingest.decode.shapes import signature
from tests.contract.told import book_of
from tests.fixtures.frames import ChainBuilder, address

ETHER = 10**18
HAIR = 10**12
POISONING = [detector for detector in detectors() if detector.name == "address-poisoning"]
ALICE, BOB, MALLORY, OWNER, USD, EUR = (
    address(name) for name in ("alice", "bob", "mallory", "owner", "usd", "eur")
)
SAFE_CALL = signature(
    "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)"
)[:4]


def like(person: bytes, name: str = "first") -> bytes:
    """An address of mallory's with the ends of somebody else's."""
    return person[:2] + address(f"lookalike {name}")[2:18] + person[18:]


FAKE, SECOND_FAKE = like(BOB), like(BOB, "second")


def opened(*people: bytes) -> ChainBuilder:
    chain = ChainBuilder()
    chain.block()
    for who in (*people, MALLORY):
        chain.native(address(f"whoever funded {who.hex()}"), who, 50 * ETHER)
    chain.block()
    return chain


def hexed(who: bytes) -> str:
    return "0x" + who.hex()


def told(chain: ChainBuilder) -> list[tuple[str, str, str]]:
    """Whom each alert is about, whom it calls a victim, and how bad it is."""
    lines, _ = book_of(POISONING, chain.batches(1), EngineSettings(finality=2))
    found = []
    for line in map(json.loads, lines):
        (victim,) = [one["address"] for one in line["roles"] if one["role"] == "victim"]
        assert hexed(OWNER) not in [one["address"] for one in line["roles"]], (
            "the owner of a wallet is no part"
        )
        found.append((line["subject"]["id"], victim, line["severity"]))
    return found


def poisons(chain: ChainBuilder, fake: bytes, victim: bytes, severity: str = "medium") -> bool:
    return told(chain) == [(hexed(fake), hexed(victim), severity)]


def test_alice_who_was_only_paid_by_bob_is_poisoned_by_his_lookalike() -> None:
    chain = opened(ALICE, BOB)
    chain.native(BOB, ALICE, ETHER).block()
    chain.native(MALLORY, FAKE, ETHER).block()
    chain.native(FAKE, ALICE, HAIR).block()
    assert poisons(chain, FAKE, ALICE)


def test_who_paid_her_in_dollars_is_imitated_by_a_payment_of_none() -> None:
    chain = opened(ALICE, BOB)
    chain.erc20(USD, BOB, ALICE, 700).block()
    chain.erc20(USD, ALICE, FAKE, 0, by=MALLORY).block()
    assert poisons(chain, FAKE, ALICE)


def test_paying_the_lookalike_of_who_paid_her_is_a_loss_and_bob_is_no_attacker() -> None:
    chain = opened(ALICE, BOB)
    chain.native(BOB, ALICE, ETHER).block()
    chain.native(MALLORY, FAKE, ETHER).block()
    chain.native(FAKE, ALICE, HAIR).block()
    chain.native(ALICE, FAKE, 2 * ETHER).block()
    chain.native(BOB, ALICE, ETHER // 1000).block()
    assert poisons(chain, FAKE, ALICE, "critical")


def test_bob_who_paid_her_before_she_paid_his_lookalike_is_not_the_imitator() -> None:
    """The poisoning was not seen: her payment to mallory is the first to an address with these ends."""
    chain = opened(ALICE, BOB)
    chain.native(BOB, ALICE, ETHER).block()
    chain.native(ALICE, FAKE, 2 * ETHER).block()
    chain.native(BOB, ALICE, ETHER // 1000).block()
    assert told(chain) == []


def test_gifts_of_nothing_much_from_two_wallets_with_like_ends_imitate_nobody() -> None:
    chain = opened(ALICE, BOB, FAKE)
    chain.native(BOB, ALICE, HAIR).block()
    chain.native(FAKE, ALICE, HAIR).block()
    chain.erc20(EUR, BOB, ALICE, 5).block()
    chain.erc20(USD, FAKE, ALICE, 5).block()
    assert told(chain) == []


def test_a_lookalike_that_came_first_with_a_hair_does_not_become_who_is_meant() -> None:
    chain = opened(ALICE, BOB, FAKE)
    chain.native(FAKE, ALICE, 2 * 10**15).block()
    chain.native(BOB, ALICE, ETHER).block()
    chain.native(FAKE, ALICE, HAIR).block()
    assert poisons(chain, FAKE, ALICE)


def test_a_second_lookalike_of_the_same_friend_is_found_before_and_after_the_first() -> None:
    chain = opened(ALICE, BOB, FAKE, SECOND_FAKE)
    chain.native(ALICE, BOB, ETHER).block()
    chain.native(FAKE, ALICE, HAIR).block()
    chain.native(SECOND_FAKE, ALICE, HAIR).block()
    chain.native(ALICE, FAKE, 2 * ETHER).block()
    chain.native(ALICE, SECOND_FAKE, 3 * ETHER).block()
    assert told(chain) == [(hexed(fake), hexed(ALICE), "critical") for fake in (FAKE, SECOND_FAKE)]


def test_a_lookalike_whose_first_payment_looks_like_business_is_not_harmless_for_ever() -> None:
    chain = opened(ALICE, BOB, FAKE)
    chain.native(ALICE, BOB, ETHER).block()
    chain.native(FAKE, ALICE, ETHER).block()
    chain.native(FAKE, ALICE, HAIR).block()
    assert poisons(chain, FAKE, ALICE)


def test_a_payment_to_a_lookalike_that_did_business_only_is_a_loss() -> None:
    chain = opened(ALICE, BOB, FAKE)
    chain.native(ALICE, BOB, ETHER).block()
    chain.native(FAKE, ALICE, ETHER).block()
    chain.native(ALICE, FAKE, 5 * ETHER).block()
    assert poisons(chain, FAKE, ALICE, "critical")


def test_dust_is_small_beside_the_largest_of_her_payments() -> None:
    chain = opened(ALICE, BOB, FAKE)
    chain.erc20(USD, ALICE, BOB, 5_000_000).block()
    chain.erc20(USD, ALICE, BOB, 1_000).block()
    chain.erc20(USD, FAKE, ALICE, 800).block()
    assert poisons(chain, FAKE, ALICE)


def test_beside_one_small_test_payment_less_than_that_is_enough() -> None:
    chain = opened(ALICE, BOB, FAKE)
    chain.erc20(USD, ALICE, BOB, 1_000).block()
    chain.erc20(USD, FAKE, ALICE, 300).block()
    assert poisons(chain, FAKE, ALICE)


def test_a_contract_wallet_that_paid_bob_is_a_victim_like_anybody() -> None:
    safe = address("safe")
    chain = opened(OWNER)
    with chain.transaction(OWNER, safe, data=SAFE_CALL):
        chain.erc20(USD, safe, BOB, 7_000)
    chain.block().erc20(USD, safe, FAKE, 0, by=MALLORY).block()
    with chain.transaction(OWNER, safe, data=SAFE_CALL):
        chain.erc20(USD, safe, FAKE, 9_000)
    assert poisons(chain, FAKE, safe, "critical")


def test_a_contract_that_is_no_wallet_has_paid_nobody_by_being_called() -> None:
    shop = address("shop")
    chain = opened(OWNER, FAKE)
    chain.erc20(USD, shop, BOB, 7_000, by=OWNER, via=shop).block()
    chain.erc20(USD, shop, FAKE, 0, by=MALLORY).block()
    assert told(chain) == []


def test_her_own_address_is_imitated() -> None:
    mirror = like(ALICE)
    chain = opened(ALICE, BOB, mirror)
    chain.erc20(USD, ALICE, BOB, 900).block()
    chain.native(mirror, ALICE, HAIR).block()
    assert poisons(chain, mirror, ALICE)


def test_a_stranger_tells_that_she_paid_her_own_lookalike_nothing() -> None:
    mirror = like(ALICE)
    chain = opened(ALICE, BOB)
    chain.erc20(USD, ALICE, BOB, 900).block()
    chain.erc20(USD, ALICE, mirror, 0, by=MALLORY).block()
    chain.erc20(USD, ALICE, mirror, 800, by=ALICE).block()
    assert poisons(chain, mirror, ALICE, "critical")


def test_her_second_wallet_with_the_same_ends_may_send_her_anything() -> None:
    second = like(ALICE)
    chain = opened(ALICE)
    chain.native(ALICE, second, ETHER).block()
    chain.native(second, ALICE, HAIR).block()
    chain.erc20(USD, second, ALICE, 5).block()
    chain.native(ALICE, second, ETHER).block()
    assert told(chain) == []


def test_of_two_wallets_made_alike_the_one_that_is_poisoned_is_no_poisoner() -> None:
    """Alice set up her second wallet with the same ends and pays with both; mallory imitates the first."""
    second, mirror = like(ALICE, "her own"), like(ALICE, "mallorys")
    for told_by in (MALLORY, mirror):
        chain = opened(ALICE, BOB)
        chain.native(ALICE, second, ETHER).block()
        chain.erc20(USD, second, ALICE, 900).erc20(USD, ALICE, second, 800).block(3600)
        chain.erc20(address("counterfeit"), mirror, second, 900, by=told_by).block()
        assert poisons(chain, mirror, second)
