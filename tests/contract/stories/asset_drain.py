"""Treasuries that are emptied by strangers or with stolen keys, and contracts that are emptied as they
should be.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from ingest.decode.shapes import signature
from tests.contract.story import TOKENS, Names, Story, attack, dealt, honest, rests
from tests.fixtures.assembly import asked, treasury
from tests.fixtures.frames import ChainBuilder, word

USD, EUR = TOKENS["usd"], TOKENS["eur"]
UPGRADED = signature("Upgraded(address)")
OWNER = signature("OwnershipTransferred(address,address)")
UNIT = 10**18


def positives(seed: int) -> list[Story]:
    """Twenty-six: a stolen key, an open function, exchanged code, in pieces, most of it, old contracts, what
    many had allowed one, loot that is spread; a stranger and an old key that may not take it, a proposal
    that nobody agrees to.
    """
    tales = {
        "stolen key": _stolen_key,
        "open function": _open_function,
        "other code": _other_code,
        "asset by asset": _asset_by_asset,
        "in pieces": _in_pieces,
        "most of it": _most_of_it,
        "contracts of old": _contracts_of_old,
        "guarded": _guarded,
        "old key": _old_key,
        "proposal": _proposal,
        "turned in silence": _turned_in_silence,
        "allowances of many": _allowances_of_many,
        "spread": _spread,
    }
    return [
        tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales, rounds=2)
    ]


def hard_negatives(seed: int) -> list[Story]:
    """Fourteen: moves, upgrades, depositors who leave, grants, owners, routers, providers, a rescue that is
    given back; calls that failed and wanted little, nothing, or what goes to an own wallet.
    """
    tales = {
        "treasury move": _move,
        "upgrade and move": _upgrade,
        "leavers": _leavers,
        "grants": _grants,
        "owner": _owner,
        "router": _router,
        "whale": _whale,
        "prize": _prize,
        "claims": _claims,
        "small bill": _small_bill,
        "nothing to leave with": _nothing_to_leave_with,
        "own new wallet": _own_new_wallet,
        "provider leaves": _provider_leaves,
        "white hat": _white_hat,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _treasury(chain: ChainBuilder, names: Names, owner: bytes) -> bytes:
    """A treasury of a thousand dollars and as many euros, which came in two parts."""
    treasury, payer = names.fresh(), names.fresh()
    chain.creates(owner, treasury)
    for token in (USD, EUR):
        for part in (400, 600):
            chain.erc20(token, payer, treasury, part * UNIT)
    return treasury


def _coded(chain: ChainBuilder, names: Names, owner: bytes) -> bytes:
    """A treasury of the coin, whose code is known."""
    chest = names.fresh()
    chain.creates(owner, chest, data=treasury())
    chain.native(names.fresh(), chest, 40 * UNIT)
    return chest


def _guarded(name: str, rng: Random, names: Names) -> Story:
    """A stranger calls what is the owner's alone."""
    thief = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chest = _coded(chain, names, names.fresh())
        yield from rests(rng, 2)
        yield
        chain.fails(thief, chest, asked("sweep(address)", thief))

    return attack(name, acts, thief)


def _old_key(name: str, rng: Random, names: Names) -> Story:
    """A key that leaked signs, but the owner had just handed the treasury on."""
    owner, thief = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chest = _coded(chain, names, owner)
        chain.native(names.fresh(), thief, UNIT)
        yield
        chain.calls(owner, chest, asked("hand(address)", names.fresh()))
        yield
        chain.fails(owner, chest, asked("pay(address,uint256)", thief, 38 * UNIT))

    return attack(name, acts, thief, victims=[owner])


def _proposal(name: str, rng: Random, names: Names) -> Story:
    """One of those who share a wallet lost his key; the others agree to nothing."""
    owner, thief = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chest = _coded(chain, names, owner)
        chain.native(names.fresh(), thief, UNIT)
        yield
        chain.calls(owner, chest, asked("submit(address,uint256,bytes)", thief, 39 * UNIT, 96, 0))
        yield

    return attack(name, acts, thief, victims=[owner])


def _small_bill(name: str, rng: Random, names: Names) -> Story:
    """One who had handed the treasury on wanted to pay a bill."""
    owner, supplier = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chest = _coded(chain, names, owner)
        chain.calls(owner, chest, asked("hand(address)", names.fresh()))
        yield
        chain.fails(owner, chest, asked("pay(address,uint256)", supplier, 3 * UNIT))
        chain.calls(owner, chest, asked("submit(address,uint256,bytes)", supplier, 4 * UNIT, 96, 0))

    return honest(name, acts, [owner, supplier])


def _nothing_to_leave_with(name: str, rng: Random, names: Names) -> Story:
    """Somebody wants back what he never put in, which moves nothing."""
    person = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chest = _coded(chain, names, names.fresh())
        yield
        chain.fails(person, chest, asked("leave()"))

    return honest(name, acts, [person])


def _own_new_wallet(name: str, rng: Random, names: Names) -> Story:
    """The owner, too late, wanted all of it in a wallet that he paid first."""
    owner, wallet = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chest = _coded(chain, names, owner)
        chain.native(owner, wallet, UNIT)
        chain.calls(owner, chest, asked("hand(address)", wallet))
        yield
        chain.fails(owner, chest, asked("sweep(address)", wallet))

    return honest(name, acts, [owner, wallet])


def _pays(chain: ChainBuilder, by: bytes, treasury: bytes, to: bytes, units: int, *tokens: bytes) -> None:
    with chain.transaction(by, treasury, data=b"rescue"):
        for token in tokens:
            chain.erc20(token, treasury, to, units * UNIT)


def _taken(name: str, rng: Random, names: Names, signs: str, percent: int = 100) -> Story:
    owner, thief = names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        treasury = _treasury(chain, names, owner)
        yield
        yield from rests(rng, 3)
        by = owner if signs == "owner" else thief
        _pays(chain, by, treasury, thief, 10 * percent, USD, EUR)

    return attack(name, acts, thief, victims=[owner])


def _stolen_key(name: str, rng: Random, names: Names) -> Story:
    return _taken(name, rng, names, "owner")


def _open_function(name: str, rng: Random, names: Names) -> Story:
    return _taken(name, rng, names, "thief")


def _most_of_it(name: str, rng: Random, names: Names) -> Story:
    """Seven tenths (15.P1)."""
    return _taken(name, rng, names, "thief", percent=70)


def _other_code(name: str, rng: Random, names: Names) -> Story:
    owner, thief, siphon = names.fresh(), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        treasury = _treasury(chain, names, owner)
        yield
        chain.creates(thief, siphon)
        chain.log(treasury, (UPGRADED, word(siphon)), by=thief)
        yield
        _pays(chain, thief, treasury, thief, 950, USD, EUR)

    return attack(name, acts, thief, [siphon], [owner])


def _asset_by_asset(name: str, rng: Random, names: Names) -> Story:
    owner, thief = names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        treasury = _treasury(chain, names, owner)
        yield
        for token in (USD, EUR):
            _pays(chain, owner, treasury, thief, 1_000, token)
            yield from rests(rng, 1)

    return attack(name, acts, thief, victims=[owner])


def _in_pieces(name: str, rng: Random, names: Names) -> Story:
    """A tenth to a second wallet, then all that is left."""
    owner, thief, second = names.fresh(), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        treasury = _treasury(chain, names, owner)
        yield
        _pays(chain, thief, treasury, second, 100, USD)
        yield
        _pays(chain, thief, treasury, thief, 900, USD)

    return attack(name, acts, thief, [second], [owner])


def _contracts_of_old(name: str, rng: Random, names: Names) -> Story:
    """Two contracts of which nothing was seen before lose what they had to a thief's contract (15.P1)."""
    thief, raid, helper, *banks = names.many(5)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.creates(thief, raid)
        yield from rests(rng, 3)
        with chain.transaction(thief, raid, data=b"work"):
            for token, bank in zip((USD, EUR), banks, strict=True):
                chain.erc20(token, bank, helper, rng.randint(100, 900) * UNIT)
        yield

    return attack(name, acts, thief, [raid, helper], banks)


def _claims(name: str, rng: Random, names: Names) -> Story:
    """Rewards of two contracts of old, for somebody's wallet with code."""
    person, wallet, *banks = names.many(4)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.calls(person, wallet, b"set up")
        yield from rests(rng, 3)
        with chain.transaction(person, wallet, data=b"claim"):
            for token, bank in zip((USD, EUR), banks, strict=True):
                chain.erc20(token, bank, wallet, rng.randint(100, 900) * UNIT)
        yield

    return honest(name, acts, [person, wallet])


def _move(name: str, rng: Random, names: Names) -> Story:
    owner, new = names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        old = _treasury(chain, names, owner)
        chain.creates(owner, new)
        yield
        _pays(chain, owner, old, new, 1_000, USD, EUR)

    return honest(name, acts, [owner, new])


def _upgrade(name: str, rng: Random, names: Names) -> Story:
    owner, new, code = names.fresh(), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        old = _treasury(chain, names, owner)
        yield
        chain.creates(owner, code).creates(owner, new)
        chain.log(old, (UPGRADED, word(code)), by=owner)
        yield
        _pays(chain, owner, old, new, 980, USD, EUR)

    return honest(name, acts, [owner, new, code])


def _turned_in_silence(name: str, rng: Random, names: Names) -> Story:
    """The owners sign a call that exchanges the code and tells nothing of it; then all is swept (15.P3)."""
    owner, thief = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        treasury = _treasury(chain, names, owner)
        yield
        chain.calls(owner, treasury, b"exec")
        yield
        for token in (USD, EUR):
            _pays(chain, thief, treasury, thief, 1_000, token)
        yield

    return attack(name, acts, thief, victims=[owner])


def _allowances_of_many(name: str, rng: Random, names: Names) -> Story:
    """A robbed router moves what people had allowed it, of several tokens (15.P4)."""
    people, thief, contract, loot = names.many(4), names.fresh(), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.creates(thief, contract)
        yield
        with chain.transaction(thief, contract, data=b"call"):
            for at, person in enumerate(people):
                chain.erc20((USD, EUR)[at % 2], person, loot, rng.randint(100, 900) * UNIT)
        yield

    return attack(name, acts, loot, [thief, contract], people)


def _spread(name: str, rng: Random, names: Names) -> Story:
    """The thief's contract hands on at once to wallets that nobody knows."""
    owner, thief, contract, fresh = names.fresh(), names.fresh(), names.fresh(), names.many(6)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        treasury = _treasury(chain, names, owner)
        chain.creates(thief, contract)
        yield
        with chain.transaction(thief, contract, data=b"raid"):
            chain.erc20(USD, treasury, contract, 996 * UNIT)
            for wallet in fresh:
                chain.erc20(USD, contract, wallet, 166 * UNIT)

    return attack(name, acts, contract, [thief, *fresh], [owner])


def _provider_leaves(name: str, rng: Random, names: Names) -> Story:
    """Nearly all of a pool's liquidity is one provider's, who takes it (15.N2)."""
    provider, pair = names.many(2)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.creates(names.fresh(), pair)
        for token in (USD, EUR):
            chain.erc20(token, provider, pair, 900 * UNIT)
        chain.erc20(pair, bytes(20), provider, 900 * UNIT, by=provider)
        yield
        with chain.transaction(provider, names.fresh()):
            chain.erc20(pair, provider, pair, 900 * UNIT).erc20(pair, pair, bytes(20), 900 * UNIT)
            chain.erc20(USD, pair, provider, 899 * UNIT).erc20(EUR, pair, provider, 901 * UNIT)

    return honest(name, acts, [provider])


def _white_hat(name: str, rng: Random, names: Names) -> Story:
    """Somebody empties an open contract ahead of thieves, and gives it back (15.N4)."""
    rescuer = names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        treasury = _treasury(chain, names, names.fresh())
        yield
        _pays(chain, rescuer, treasury, rescuer, 1_000, USD, EUR)
        yield
        for token in (USD, EUR):
            chain.erc20(token, rescuer, treasury, 950 * UNIT)
        yield

    return honest(name, acts, [rescuer])


def _leavers(name: str, rng: Random, names: Names) -> Story:
    """All depositors leave a vault: their shares are burnt."""
    people, vault = names.many(4), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.creates(names.fresh(), vault)
        for person in people:
            with chain.transaction(person, vault):
                chain.erc20(USD, person, vault, 500).erc20(vault, bytes(20), person, 500)
        yield
        for person in people:
            with chain.transaction(person, vault):
                chain.erc20(vault, person, bytes(20), 500).erc20(USD, vault, person, 510 if person else 500)

    return honest(name, acts, people)


def _grants(name: str, rng: Random, names: Names) -> Story:
    owner, winners = names.fresh(), names.many(6)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        fund = _treasury(chain, names, owner)
        yield
        for at, winner in enumerate(winners):
            _pays(chain, owner, fund, winner, 500 if at == 5 else 100, USD)

    return honest(name, acts, [owner, *winners])


def _owner(name: str, rng: Random, names: Names) -> Story:
    """The owner takes it himself (15.N1), or his other wallet, which had its first coins from him."""
    owner, other = names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        treasury = _treasury(chain, names, owner)
        chain.native(owner, other, UNIT)
        yield
        _pays(chain, owner, treasury, owner, 1_000, USD)
        _pays(chain, owner, treasury, other, 1_000, EUR)

    return honest(name, acts, [owner, other])


def _router(name: str, rng: Random, names: Names) -> Story:
    """A contract that ends each transaction with nothing (15.N3)."""
    people, router = names.many(3), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.creates(names.fresh(), router)
        yield
        for person in people:
            with chain.transaction(person, router, data=b"swap"):
                chain.erc20(USD, person, router, 900).erc20(USD, router, names.fresh(), 900)

    return honest(name, acts, people)


def _whale(name: str, rng: Random, names: Names) -> Story:
    """Nine tenths of a bank are one depositor's, who takes them out."""
    whale, small, bank = names.fresh(), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.creates(names.fresh(), bank)
        chain.erc20(USD, whale, bank, 9_000, via=bank).erc20(USD, small, bank, 1_000, via=bank)
        yield
        with chain.transaction(whale, bank, data=b"take"):
            chain.erc20(USD, bank, whale, 9_200)

    return honest(name, acts, [whale, small])


def _prize(name: str, rng: Random, names: Names) -> Story:
    """A lottery pays its pot to one who bought a ticket."""
    people, pot, host = names.many(4), names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        chain.creates(host, pot)
        for person in people:
            chain.erc20(USD, person, pot, 100, via=pot)
        yield
        with chain.transaction(host, pot, data=b"draw"):
            chain.erc20(USD, pot, people[1], 380)

    return honest(name, acts, [host, *people])
