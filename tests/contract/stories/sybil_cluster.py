"""Sybil clusters: one owner's wallets that act in step; and crowds that happen to do the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from tests.contract.background import PEOPLE, SHOPS
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
from tests.fixtures.frames import ChainBuilder, keccak
from tests.fixtures.market import WETH

FEE = 10**15
DAY = 86_400


def selector(function: str) -> bytes:
    """Call data of a function without arguments."""
    return keccak(function.encode())[:4]


def draw(rng: Random) -> int:
    """What somebody draws from an exchange: from a twentieth of a coin to thirty."""
    return int(0.05 * 600 ** rng.random() * 10**6) * 10**12


@dataclass(frozen=True)
class Campaign:
    """A project that gives the same to each of its users."""

    contract: bytes
    token: bytes

    def visit(self, chain: ChainBuilder, who: bytes) -> None:
        chain.calls(who, self.contract, selector("visit()"))

    def claim(self, chain: ChainBuilder, who: bytes) -> None:
        with chain.transaction(who, self.contract, data=selector("claim()")):
            chain.erc20(self.token, self.contract, who, 100 * ETHER)

    def vote(self, chain: ChainBuilder, who: bytes) -> None:
        chain.calls(who, self.contract, selector("vote(uint256)"))


def positives(seed: int) -> list[Story]:
    """Twelve: farms from one funder, in a chain, by one payment to all, by a common exit, from an exchange,
    and bought votes.
    """
    tales = {
        "one funder": _one_funder,
        "chain": _chain,
        "disperse": _disperse,
        "common exit": _common_exit,
        "same draws": _same_draws,
        "bought votes": _bought_votes,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def _harvest(
    chain: ChainBuilder, rng: Random, campaign: Campaign, wallets: Sequence[bytes], collector: bytes | None
) -> Iterator[None]:
    """All visit, then nearly all claim, then hand in what they got."""
    for wallet in wallets:
        campaign.visit(chain, wallet)
        if rng.random() < 0.1:
            chain.native(wallet, friend_of(rng), FEE)
        yield from rests(rng, 1)
    yield
    claimants = list(wallets) if rng.random() < 0.5 else list(wallets)[: max(5, len(wallets) * 4 // 5)]
    for wallet in rng.sample(claimants, len(claimants)):
        campaign.claim(chain, wallet)
    yield
    for wallet in claimants:
        if collector not in (None, wallet):
            chain.erc20(campaign.token, wallet, collector or b"", 100 * ETHER)


def _one_funder(name: str, rng: Random, names: Names) -> Story:
    funder, wallets = names.fresh(), names.many(rng.randint(6, 14))
    campaign = Campaign(*names.many(2))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, funder, 20 * ETHER)
        yield
        for wallet in wallets:
            chain.native(funder, wallet, ether(rng, 0.05, 0.2))
        yield from _harvest(chain, rng, campaign, wallets, funder)

    return attack(name, acts, funder, wallets, [campaign.contract])


def _chain(name: str, rng: Random, names: Names) -> Story:
    """Each wallet pays the next one."""
    funder, wallets = names.fresh(), names.many(rng.randint(5, 8))
    campaign = Campaign(*names.many(2))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, funder, 20 * ETHER)
        wei = 2 * ETHER
        for here, there in pairwise([funder, *wallets]):
            yield
            chain.native(here, there, wei)
            wei -= ETHER // 10
        yield
        yield from _harvest(chain, rng, campaign, wallets, funder)

    return attack(name, acts, funder, wallets, [campaign.contract])


def _disperse(name: str, rng: Random, names: Names) -> Story:
    """One transaction pays all, in wrapped coin."""
    funder, splitter, wallets = names.fresh(), names.fresh(), names.many(rng.randint(8, 20))
    campaign = Campaign(*names.many(2))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, funder, 20 * ETHER)
        yield
        with chain.transaction(funder, splitter):
            for wallet in wallets:
                chain.erc20(WETH, funder, wallet, ETHER // 10)
        yield
        yield from _harvest(chain, rng, campaign, wallets, None)

    return attack(name, acts, funder, wallets, [campaign.contract])


def _common_exit(name: str, rng: Random, names: Names) -> Story:
    """Each is paid by the exchange; all hand in what they claimed to one of them, or one deposit address."""
    wallets = names.many(rng.randint(8, 14))
    campaign = Campaign(*names.many(2))
    collector = rng.choice((wallets[0], names.fresh()))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for wallet in wallets:
            open_account(chain, wallet, ether(rng, 0.05, 0.2))
        yield
        yield from _harvest(chain, rng, campaign, wallets, collector)

    return attack(name, acts, collector, wallets, [campaign.contract])


def _same_draws(name: str, rng: Random, names: Names) -> Story:
    """Each draws about the same from the exchange within minutes, and keeps what it claims, or comes late."""
    wallets, late = names.many(rng.randint(7, 14)), rng.random() < 0.3
    campaign = Campaign(*names.many(2))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        wei = ether(rng, 0.05, 0.3)
        for wallet in wallets:
            open_account(chain, wallet, wei * rng.randint(100, 101) // 100)
            yield from rests(rng, 1)
        yield
        for wallet in wallets:
            campaign.visit(chain, wallet)
        yield
        for wallet in wallets:
            if late:
                chain.calls(wallet, campaign.contract, selector("claim()"), status=0)
            else:
                campaign.claim(chain, wallet)

    return attack(name, acts, wallets[0], wallets, [campaign.contract])


def _bought_votes(name: str, rng: Random, names: Names) -> Story:
    """All vote, one after the other, and give back what they were paid."""
    funder, wallets = names.fresh(), names.many(rng.randint(6, 14))
    campaign = Campaign(*names.many(2))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, funder, 20 * ETHER)
        yield
        for wallet in wallets:
            chain.native(funder, wallet, ETHER // 10)
        yield
        for wallet in wallets:
            campaign.vote(chain, wallet)
            yield from rests(rng, 1)
        for wallet in wallets:
            chain.native(wallet, funder, ETHER // 10 - FEE)

    return attack(name, acts, funder, wallets)


def hard_negatives(seed: int) -> list[Story]:
    """A quest week, a payroll, a poll, guests of a host, a one-cent game, an airdrop, shopping, a bundle, and
    a round sum that many draw. People draw what each needs.
    """
    tales = {
        "quest week": _quest_week,
        "payroll": _payroll,
        "popular poll": _popular_poll,
        "guests of a host": _guests,
        "one cent to all": _one_cent,
        "airdrop": _airdrop,
        "spent at one shop": _one_shop,
        "bundle": _bundle,
        "round sum": _round_sum,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _quest_week(name: str, rng: Random, names: Names) -> Story:
    """Customers of one hot wallet do the same steps in the same week; each keeps or spends what it got."""
    customers, campaign = names.many(14), Campaign(*names.many(2))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for customer in customers:
            open_account(chain, customer, ether(rng, 0.1, 3))
        for customer in customers:
            yield from rests(rng, 1)
            campaign.visit(chain, customer)
            campaign.claim(chain, customer)
            if rng.random() < 0.5:
                chain.erc20(campaign.token, customer, friend_of(rng), 100 * ETHER)

    return honest(name, acts, [HOT, *customers, campaign.contract])


def _round_sum(name: str, rng: Random, names: Names) -> Story:
    """Many draw one coin in the same minutes, as one does; some of them try the same project at once."""
    customers, campaign = names.many(16), Campaign(*names.many(2))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for customer in customers:
            open_account(chain, customer, ETHER)
        yield
        for customer in rng.sample(customers, 9):
            campaign.visit(chain, customer)
            campaign.claim(chain, customer)
            yield from rests(rng, 1)

    return honest(name, acts, [HOT, *customers, campaign.contract])


def _payroll(name: str, rng: Random, names: Names) -> Story:
    """A company pays twelve people with wallets of their own, several of whom use the same project."""
    company, staff, campaign = names.fresh(), names.many(12), Campaign(*names.many(2))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for employee in staff:
            open_account(chain, employee, draw(rng))
        yield
        with chain.transaction(company, names.fresh()):
            for employee in staff:
                chain.erc20(USD, company, employee, 3_000 * ETHER)
        yield
        for employee in staff[:9]:
            campaign.visit(chain, employee)
            campaign.claim(chain, employee)
            yield from rests(rng, 1)

    return honest(name, acts, [company, *staff, campaign.contract])


def _popular_poll(name: str, rng: Random, names: Names) -> Story:
    voters, campaign = rng.sample(PEOPLE, 14), Campaign(*names.many(2))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for voter in voters:
            campaign.vote(chain, voter)
            campaign.visit(chain, voter)
            yield from rests(rng, 1)

    return honest(name, acts, [*voters, campaign.contract])


def _guests(name: str, rng: Random, names: Names) -> Story:
    """A host gives a little to each of sixteen newcomers; half of them use a project, each at their time."""
    host, guests, campaign = names.fresh(), names.many(16), Campaign(*names.many(2))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, host, 5 * ETHER)
        yield
        for guest in guests:
            chain.native(host, guest, ETHER // 50)
        for guest in rng.sample(guests, 8):
            yield
            campaign.visit(chain, guest)
            yield
            campaign.claim(chain, guest)

    return honest(name, acts, [host, *guests, campaign.contract])


def _one_cent(name: str, rng: Random, names: Names) -> Story:
    """A game sends a cent to everybody who plays, over months; they came by themselves."""
    sender, players, game = names.fresh(), names.many(12), Campaign(*names.many(2))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, sender, ETHER)
        for player in players:
            open_account(chain, player, draw(rng))
        yield
        for player in players:
            chain.native(sender, player, 10**13)
            game.visit(chain, player)
            game.claim(chain, player)
            chain.block(9 * DAY)

    return honest(name, acts, [sender, *players, game.contract], alone=True)


def _airdrop(name: str, rng: Random, names: Names) -> Story:
    """A project gives its token to people first seen so; they use it at a new contract."""
    project, token, people = names.fresh(), names.fresh(), names.many(14)
    vault = Campaign(*names.many(2))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for person in people:
            chain.erc20(token, project, person, 10 * ETHER)
        yield
        for person in people:
            open_account(chain, person, draw(rng))
        yield
        for person in people[:10]:
            vault.claim(chain, person)
            vault.visit(chain, person)
            yield from rests(rng, 1)

    return honest(name, acts, [project, *people, vault.contract])


def _one_shop(name: str, rng: Random, names: Names) -> Story:
    """Customers claim an airdrop and several spend it at a shop where everybody pays with it."""
    customers, campaign, shop = names.many(9), Campaign(*names.many(2)), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        for customer in customers:
            open_account(chain, customer, draw(rng))
        for _ in range(8):
            chain.erc20(campaign.token, friend_of(rng), shop, 5 * ETHER)
        yield
        for customer in customers:
            campaign.claim(chain, customer)
            yield
            chain.erc20(campaign.token, customer, shop, 60 * ETHER)

    return honest(name, acts, [*customers, shop, campaign.contract])


def _bundle(name: str, rng: Random, names: Names) -> Story:
    """Wallets of one funder buy a token and sell it again, in step: a bundle, which is no crowd of people."""
    funder, wallets, pool, token = names.fresh(), names.many(6), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, funder, 9 * ETHER)
        yield
        for wallet in wallets:
            chain.native(funder, wallet, ETHER)
        yield
        for wallet in wallets:
            with chain.transaction(wallet, pool, ETHER // 2, data=selector("buy()")):
                chain.erc20(token, pool, wallet, 10 * ETHER)
        yield
        for wallet in wallets:
            with chain.transaction(wallet, pool, data=selector("sell()")):
                chain.erc20(token, wallet, pool, 10 * ETHER).erc20(USD, pool, wallet, 900 * ETHER)
        chain.native(rng.choice(wallets), rng.choice(SHOPS), FEE)

    return honest(name, acts, [funder, *wallets, pool])
