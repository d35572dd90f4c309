"""Councils whose treasury is voted away by one hand, and councils that do their work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from tests.contract.story import TOKENS, Names, Story, attack, dealt, honest, rests
from tests.fixtures.councils import LOAN, Council
from tests.fixtures.frames import ChainBuilder, word

USD, EUR = TOKENS["usd"], TOKENS["eur"]
UNIT = 10**18


def positives(seed: int) -> list[Story]:
    """Twelve: votes bought, split, lent, delegated for money, and flash loans of votes."""
    tales = {
        "bought": _bought,
        "split": _split,
        "lent": _lent,
        "bribed": _bribed,
        "part of it": _part,
        "flash loan": _flash_loan,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def hard_negatives(seed: int) -> list[Story]:
    """Six: grants, delegates, investors, treasuries that move, and a loan of votes that harms nobody."""
    tales = {
        "grant": _grant,
        "delegate": _delegate,
        "investor": _investor,
        "new treasury": _new_treasury,
        "many decide": _many_decide,
        "harmless loan": _harmless_loan,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _convened(chain: ChainBuilder, names: Names, members: Sequence[bytes], each: int = 10) -> Council:
    """A council whose members have ten votes each; the treasury has a thousand dollars and euros."""
    founder, payer = names.fresh(), names.fresh()
    council = Council(chain, names.fresh(), names.fresh(), names.fresh())
    council.begins(founder)
    chain.erc20(council.token, bytes(20), founder, 1_000, by=founder)
    for member in members:
        council.gives(founder, member, each)
    for token in (USD, EUR):
        chain.erc20(token, payer, council.keeper, 1_000 * UNIT)
    return council


def _all_of(council: Council, taker: bytes, percent: int = 100) -> list[tuple[bytes, bytes, int]]:
    return [(token, taker, 10 * percent * UNIT) for token in (USD, EUR)]


def _bought(name: str, rng: Random, names: Names, percent: int = 100) -> Story:
    thief, members, seller = names.fresh(), names.many(3), names.fresh()
    taker = rng.choice((thief, names.fresh()))

    def acts(chain: ChainBuilder) -> Iterator[None]:
        council = _convened(chain, names, members)
        yield
        council.gives(seller, thief, 100)
        number = council.proposes(thief, name, [USD, EUR])
        yield from rests(rng, 2)
        council.votes(thief, number, 100)
        council.votes(members[0], number, 10, side=rng.randint(0, 1))
        yield
        council.executes(thief, number, _all_of(council, taker, percent))

    return attack(name, acts, thief, [taker])


def _part(name: str, rng: Random, names: Names) -> Story:
    """Two fifths of the treasury."""
    return _bought(name, rng, names, percent=40)


def _split(name: str, rng: Random, names: Names) -> Story:
    """The votes are cast by wallets that had them from the thief."""
    thief, members, hands = names.fresh(), names.many(3), names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        council = _convened(chain, names, members)
        yield
        chain.erc20(council.token, names.fresh(), thief, 100)
        for hand in hands:
            council.gives(thief, hand, 20)
        number = council.proposes(thief, name, [USD])
        yield
        for hand in hands:
            council.votes(hand, number, 20)
        yield
        council.executes(hands[0], number, _all_of(council, thief))

    return attack(name, acts, thief, hands)


def _lent(name: str, rng: Random, names: Names) -> Story:
    """A holder lends the votes for a fee, and has them back."""
    thief, members, lender = names.fresh(), names.many(3), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        council = _convened(chain, names, members)
        chain.native(thief, lender, UNIT)
        council.gives(lender, thief, 90)
        number = council.proposes(thief, name, [USD])
        yield
        council.votes(thief, number, 90)
        chain.erc20(council.token, thief, lender, 90)
        yield
        council.executes(thief, number, _all_of(council, thief))

    return attack(name, acts, thief, victims=[])


def _bribed(name: str, rng: Random, names: Names) -> Story:
    """Members are paid, and let the thief vote for them."""
    thief, members = names.fresh(), names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        council = _convened(chain, names, members)
        for member in members[:4]:
            chain.native(thief, member, UNIT // 10)
            council.counts(thief, 10, of=member)
            yield
        number = council.proposes(thief, name, [USD])
        council.votes(thief, number, 40)
        council.votes(members[4], number, 10, side=0)
        yield
        council.executes(thief, number, _all_of(council, thief))

    return attack(name, acts, thief)


def _flash_loan(name: str, rng: Random, names: Names) -> Story:
    """Votes are what is locked: they are lent, and go in and out, while the treasury is paid away."""
    thief, voter, members, lender = names.fresh(), names.fresh(), names.many(2), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        council = _convened(chain, names, members)
        chain.creates(thief, voter)
        chain.calls(thief, council.keeper, b"propose a thing")
        chain.erc20(council.token, names.fresh(), lender, 700)
        yield from _hours(chain)
        with chain.transaction(thief, voter, data=b"strike"):
            _loan(chain, council, lender, voter)
            for token in (USD, EUR):
                chain.erc20(token, council.keeper, thief, 1_000 * UNIT)
            _back(chain, council, lender, voter)

    told = attack(name, acts, thief, [voter])
    return Story(told.name, told.acts, told.subject, told.attackers, alone=True)


def _hours(chain: ChainBuilder) -> Iterator[None]:
    """Hours pass in one block: such a story is told after all others."""
    chain.block(7_200)
    yield
    chain.block(12)


def _loan(chain: ChainBuilder, council: Council, lender: bytes, voter: bytes) -> None:
    chain.erc20(council.token, lender, voter, 700)
    chain.log(lender, (LOAN, word(voter)), word(council.token) + word(700) + word(0))
    chain.erc20(council.token, voter, council.keeper, 700)


def _back(chain: ChainBuilder, council: Council, lender: bytes, voter: bytes) -> None:
    chain.erc20(council.token, council.keeper, voter, 700)
    chain.erc20(council.token, voter, lender, 700)


def _passes(
    chain: ChainBuilder,
    council: Council,
    name: str,
    voters: Sequence[bytes],
    payments: list[tuple[bytes, bytes, int]],
) -> Iterator[None]:
    number = council.proposes(voters[0], name, [USD])
    yield
    for voter in voters:
        council.votes(voter, number, 10)
    yield
    council.executes(voters[0], number, payments)


def _grant(name: str, rng: Random, names: Names) -> Story:
    """A tenth of the dollars, to somebody who works for it."""
    members, worker = names.many(5), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        council = _convened(chain, names, members)
        yield from _passes(chain, council, name, members, [(USD, worker, 100 * UNIT)])

    return honest(name, acts, [*members, worker])


def _delegate(name: str, rng: Random, names: Names) -> Story:
    """A speaker whom all others let vote, for a grant of some percent."""
    members, worker = names.many(5), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        council = _convened(chain, names, members)
        for member in members[1:]:
            council.counts(members[0], 10, of=member)
            yield
        number = council.proposes(members[0], name, [USD])
        council.votes(members[0], number, 50)
        yield
        council.executes(members[0], number, [(USD, worker, 80 * UNIT)])

    return honest(name, acts, [*members, worker])


def _investor(name: str, rng: Random, names: Names) -> Story:
    """Somebody buys most votes, and votes the same day for the members' motion."""
    members, worker, investor = names.many(4), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        council = _convened(chain, names, members)
        council.gives(names.fresh(), investor, 200)
        number = council.proposes(members[0], name, [USD])
        yield
        council.votes(investor, number, 200)
        council.votes(members[0], number, 10)
        yield
        council.executes(members[0], number, [(USD, worker, 70 * UNIT)])

    return honest(name, acts, [*members, worker, investor])


def _new_treasury(name: str, rng: Random, names: Names) -> Story:
    """All of it moves to a contract of the council's."""
    members, other = names.many(5), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        council = _convened(chain, names, members)
        chain.creates(members[0], other)
        yield from _passes(chain, council, name, members, _all_of(council, other))

    return honest(name, acts, [*members, other])


def _many_decide(name: str, rng: Random, names: Names) -> Story:
    """A council that ends pays what it has to a charity: many vote for it, nobody for himself."""
    members, charity = names.many(6), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        council = _convened(chain, names, members)
        yield from _passes(chain, council, name, members, _all_of(council, charity))

    return honest(name, acts, [*members, charity])


def _harmless_loan(name: str, rng: Random, names: Names) -> Story:
    """Borrowed votes pass a motion that pays nobody (13.N1)."""
    builder, voter, members, lender = names.fresh(), names.fresh(), names.many(2), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        council = _convened(chain, names, members)
        chain.creates(builder, voter)
        chain.erc20(council.token, names.fresh(), lender, 700)
        yield
        with chain.transaction(builder, voter, data=b"vote"):
            _loan(chain, council, lender, voter)
            _back(chain, council, lender, voter)

    return honest(name, acts, [builder, voter, *members])
