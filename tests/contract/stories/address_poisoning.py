"""Address poisoning: lookalikes of addresses that a victim paid, and honest wallets that look alike."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.contract.story import (
    ETHER,
    HOT,
    USD,
    Names,
    Story,
    attack,
    dealt,
    ether,
    friend_of,
    honest,
    open_account,
    rests,
)
from tests.fixtures.frames import ChainBuilder, address

HAIR = 10**12


def lookalike(rng: Random, of: bytes, prefix: int = 3, suffix: int = 4) -> bytes:
    """An address with exactly so many first and last hex digits of `of`: the next ones differ."""
    digits = list(f"{rng.getrandbits(160):040x}")
    target = of.hex()
    digits[:prefix], digits[40 - suffix :] = target[:prefix], target[40 - suffix :]
    for at in (prefix, 39 - suffix):
        digits[at] = f"{(int(target[at], 16) + 1) % 16:x}"
    return bytes.fromhex("".join(digits))


def positives(seed: int) -> list[Story]:
    """Twelve: nothing moved "from" the victim, dust in native value and in the token, a counterfeit token."""
    tales = {"nothing": _nothing, "dust": _dust, "token dust": _token_dust, "counterfeit": _counterfeit}
    stories = []
    for name, rng, names in dealt(seed, *tales, rounds=3):
        victim, friend, sender = names.many(3)
        fake = lookalike(rng, friend, rng.randint(3, 6), rng.randint(4, 6))
        variant = name.rsplit(" ", 1)[0]
        acts = _poisoned(tales[variant], rng, (victim, friend, fake, sender))
        stories.append(attack(name, acts, fake, [sender], [victim]))
    return stories


Cast = tuple[bytes, bytes, bytes, bytes]


def _poisoned(poison, rng: Random, cast: Cast):  # type: ignore[no-untyped-def]
    def acts(chain: ChainBuilder) -> Iterator[None]:
        victim, friend, fake, _ = cast
        open_account(chain, victim, ether(rng, 2, 9), 500 * ETHER)
        yield
        chain.native(victim, friend, ether(rng, 0.1, 0.9))
        chain.erc20(USD, victim, friend, rng.randint(10, 90) * ETHER)
        yield from rests(rng, 2)
        poison(chain, cast)
        yield from rests(rng, 3)
        if rng.random() < 0.5:  # the victim copies the wrong address
            chain.native(victim, fake, ETHER // 10)

    return acts


def _nothing(chain: ChainBuilder, cast: Cast) -> None:
    victim, _, fake, sender = cast
    chain.erc20(USD, victim, fake, 0, by=sender)


def _dust(chain: ChainBuilder, cast: Cast) -> None:
    victim, _, fake, sender = cast
    chain.native(sender, fake, 10 * HAIR).native(fake, victim, HAIR)


def _token_dust(chain: ChainBuilder, cast: Cast) -> None:
    victim, _, fake, sender = cast
    chain.erc20(USD, sender, fake, 10 * HAIR).erc20(USD, fake, victim, HAIR)


def _counterfeit(chain: ChainBuilder, cast: Cast) -> None:
    victim, _, fake, sender = cast
    token = address(f"counterfeit by {sender.hex()}")
    chain.erc20(token, bytes(20), fake, 900 * ETHER, by=sender).erc20(token, fake, victim, 50 * ETHER)


def hard_negatives(seed: int) -> list[Story]:
    """Own vanity wallets, refunds, payouts, resemblances too short, and lookalikes who pay real money."""
    tales = {
        "own second wallet": _own_second_wallet,
        "friend's second wallet": _friends_second_wallet,
        "dust refund": _refund,
        "exchange payouts": _payouts,
        "too short": _too_short,
        "real money": _real_money,
        "never paid": _never_paid,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _own_second_wallet(name: str, rng: Random, names: Names) -> Story:
    """alice's two wallets share a vanity prefix; she moves money to and fro, and bob is paid from both."""
    alice, bob = names.many(2)
    second = lookalike(rng, alice, 5, 4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, alice, ether(rng, 2, 5))
        open_account(chain, bob, ETHER)
        yield
        chain.native(alice, second, ETHER).native(bob, alice, ETHER // 10)
        yield
        chain.native(second, alice, HAIR).native(second, bob, HAIR)

    return honest(name, acts, [alice, second, bob])


def _friends_second_wallet(name: str, rng: Random, names: Names) -> Story:
    """bob tells alice of his second vanity wallet, which he funded; she pays it, it sends her a hair back."""
    alice, bob = names.many(2)
    second = lookalike(rng, bob, 4, 4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, alice, ether(rng, 2, 5))
        open_account(chain, bob, ETHER)
        yield
        chain.native(alice, bob, ETHER // 5).native(bob, second, ETHER // 10)
        yield
        chain.native(alice, second, ETHER // 7)
        yield
        chain.native(second, alice, HAIR)

    return honest(name, acts, [alice, second, bob])


def _refund(name: str, rng: Random, names: Names) -> Story:
    """The shop that alice really paid sends a hair back."""
    alice, shop = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, alice, ether(rng, 2, 5))
        yield
        chain.native(alice, shop, ETHER)
        yield
        chain.native(shop, alice, HAIR)
        chain.erc20(USD, alice, shop, 0, by=shop)

    return honest(name, acts, [alice, shop])


def _payouts(name: str, rng: Random, names: Names) -> Story:
    """The exchange pays tiny sums to fifteen customers, all of whom paid it or others before."""
    customers = names.many(15)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for customer in customers:
            open_account(chain, customer, ether(rng, 0.2, 2))
        yield
        for customer in customers:
            chain.native(customer, HOT if rng.random() < 0.5 else friend_of(rng), ETHER // 10)
        yield
        for customer in customers:
            chain.native(HOT, customer, HAIR)

    return honest(name, acts, [*customers, HOT])


def _too_short(name: str, rng: Random, names: Names) -> Story:
    """Strangers resemble alice's friend in two and four, or three and three digits: that is chance."""
    alice, bob = names.many(2)
    strangers = [lookalike(rng, bob, 2, 4), lookalike(rng, bob, 3, 3)]

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, alice, ether(rng, 2, 5))
        yield
        chain.native(alice, bob, ETHER)
        yield
        for stranger in strangers:
            chain.native(HOT, stranger, ETHER).native(stranger, alice, HAIR)

    return honest(name, acts, [alice, bob, *strangers])


def _real_money(name: str, rng: Random, names: Names) -> Story:
    """Somebody whose address happens to look like bob's pays alice as much as she paid bob."""
    alice, bob = names.many(2)
    carol = lookalike(rng, bob)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, alice, ether(rng, 2, 5))
        open_account(chain, carol, 3 * ETHER)
        yield
        chain.native(alice, bob, ETHER)
        yield
        chain.native(carol, alice, ETHER)

    return honest(name, acts, [alice, bob, carol])


def _never_paid(name: str, rng: Random, names: Names) -> Story:
    """Two vanity wallets of one project send hairs to alice, who never paid either."""
    alice, one = names.many(2)
    other = lookalike(rng, one, 6, 6)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, alice, ether(rng, 2, 5))
        yield
        chain.native(alice, friend_of(rng), ETHER)
        chain.native(one, alice, HAIR).native(other, alice, HAIR)
        yield

    return honest(name, acts, [alice, one, other])
