"""Spam tokens: thrown with a bait, a lie, or nothing but a page elsewhere; and honest gifts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from tests.contract.background import PEOPLE
from tests.contract.story import ETHER, HOT, Names, Story, attack, dealt, ether, honest, open_account, rests
from tests.fixtures.assembly import asked, throwing, token
from tests.fixtures.frames import ChainBuilder, keccak, word
from tests.fixtures.market import MINT_V2, WETH, Market, Pool

ZERO = bytes(20)
NAMES = {
    "link and promise": ("Visit claim-eth.xyz to claim your reward", "claim-eth.xyz"),
    "voucher": ("Voucher: t.me/usdcbonus", "BONUS"),
    "markup": ('"><img src=x onerror=alert(1)>', "<b>free</b>"),
    "right to left": ("\u202e.moc.pordteg tisiV\u202c", "DROP\u202e"),
    "ten thousand": ("Claim 5 ETH at get-stake.net " * 340, "GET"),
    "surrogate": ("Claim \x00 at eth2drop.io", "\x00"),
}


def positives(seed: int) -> list[Story]:
    """Twelve: baits of all sorts in one call, one by one and for the coin's name; forged; no bait at all; a
    throw that fails.
    """
    tales: dict[str, Callable[[str, Random, Names], Story]] = dict.fromkeys(NAMES, _in_one_call)
    tales |= {
        "one by one": _one_by_one,
        "forged sender": _forged_sender,
        "innocent": _innocent,
        "items": _items,
        "to a few": _to_a_few,
        "in vain": _in_vain,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def hard_negatives(seed: int) -> list[Story]:
    """Five: an airdrop that is used, one of a project called by its site, points of a shop, a project that
    pays, and one that fails to.
    """
    tales = {
        "used airdrop": _used_airdrop,
        "called by its site": _used_airdrop,
        "points": _points,
        "wages": _wages,
        "wages in vain": _wages_in_vain,
    }
    return [tales[name.rsplit(" ", 1)[0]](name, rng, names) for name, rng, names in dealt(seed, *tales)]


def _crowd(rng: Random, names: Names, known: int, fresh: int) -> list[bytes]:
    return [*rng.sample(PEOPLE, known), *names.many(fresh)]


def _throw(chain: ChainBuilder, sender: bytes, token: bytes, crowd: Sequence[bytes], giver: bytes) -> None:
    with chain.transaction(sender, token, data=keccak(b"airdrop(address[],uint256)")[:4]):
        for person in crowd:
            chain.erc20(token, giver, person, 1_000 * ETHER)


def _claims(chain: ChainBuilder, token: bytes, victims: Sequence[bytes], rng: Random) -> Iterator[None]:
    for victim in victims:
        with chain.transaction(victim, token, ether(rng, 0.01, 0.5), data=keccak(b"claim()")[:4]):
            chain.erc20(token, victim, ZERO, 1_000 * ETHER)
        yield from rests(rng, 1)


def _begun(
    chain: ChainBuilder, sender: bytes, token: bytes, victims: Sequence[bytes], name: str, symbol: str
) -> None:
    open_account(chain, sender, 3 * ETHER)
    for victim in victims:
        open_account(chain, victim, 5 * ETHER)
    chain.creates(sender, token)
    raw = name.encode().replace(b"\0", b"\xed\xa0\x80")
    chain.metadata(token, raw, symbol.encode().replace(b"\0", b"\xff\0"))


def _in_one_call(name: str, rng: Random, names: Names) -> Story:
    """Minted to a crowd by one call, of which two pay to claim."""
    sender, token, victims = names.fresh(), names.fresh(), names.many(2)
    crowd = [*victims, *_crowd(rng, names, 6, rng.randint(4, 30))]

    def acts(chain: ChainBuilder) -> Iterator[None]:
        _begun(chain, sender, token, victims, *NAMES[name.rsplit(" ", 1)[0]])
        yield
        _throw(chain, sender, token, crowd, ZERO)
        yield
        yield from _claims(chain, token, victims, rng)

    return attack(name, acts, sender, victims=victims)


def _one_by_one(name: str, rng: Random, names: Names) -> Story:
    """In transactions of their own; the page takes the money through a contract beside."""
    sender, token, desk, victims = names.fresh(), names.fresh(), names.fresh(), names.many(1)
    crowd = [*victims, *_crowd(rng, names, 8, 4)]

    def acts(chain: ChainBuilder) -> Iterator[None]:
        _begun(chain, sender, token, victims, *NAMES["voucher"])
        chain.creates(sender, desk).erc20(token, ZERO, sender, 10**6 * ETHER, by=sender)
        yield
        for person in crowd:
            chain.erc20(token, sender, person, 50 * ETHER)
            yield from rests(rng, 1)
        yield
        with chain.transaction(victims[0], desk, ETHER // 10, data=keccak(b"claim()")[:4]):
            pass

    return attack(name, acts, sender, victims=victims)


def _forged_sender(name: str, rng: Random, names: Names) -> Story:
    """The exchange gives it, says the log; nobody paid."""
    sender, token = names.fresh(), names.fresh()
    crowd = _crowd(rng, names, 6, 8)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        _begun(chain, sender, token, [], "Harbour Points", f"H{rng.randrange(10**6)}")
        yield
        _throw(chain, sender, token, crowd, HOT)

    return attack(name, acts, sender, victims=[HOT])


def _innocent(name: str, rng: Random, names: Names) -> Story:
    """A name like any; one looks for the page and pays."""
    sender, token, victims = names.fresh(), names.fresh(), names.many(1)
    crowd = [*victims, *_crowd(rng, names, 7, 0)]

    def acts(chain: ChainBuilder) -> Iterator[None]:
        _begun(chain, sender, token, victims, "Low Water", f"L{rng.randrange(10**6)}")
        yield
        _throw(chain, sender, token, crowd, ZERO)
        yield
        yield from _claims(chain, token, victims, rng)

    return attack(name, acts, sender, victims=victims)


def _items(name: str, rng: Random, names: Names) -> Story:
    """Pictures with a page in them."""
    sender, token = names.fresh(), names.fresh()
    crowd = _crowd(rng, names, 5, 9)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        _begun(chain, sender, token, [], "1000 USD at visit-vault.org", "NFT")
        yield
        with chain.transaction(sender, token):
            for number, person in enumerate(crowd):
                chain.erc1155(token, ZERO, person, [(number, 1)], by=sender)

    return attack(name, acts, sender)


def _to_a_few(name: str, rng: Random, names: Names) -> Story:
    """It is called like the coin, and goes to a few."""
    sender, token = names.fresh(), names.fresh()

    def acts(chain: ChainBuilder) -> Iterator[None]:
        _begun(chain, sender, token, [], "Ether", "ETH")
        yield
        _throw(chain, sender, token, rng.sample(PEOPLE, 5), ZERO)

    return attack(name, acts, sender)


def _thrown_in_vain(called: str, maker: bytes, names: Names) -> Callable[[ChainBuilder], Iterator[None]]:
    """Its maker calls a new token so that three get some of it, with too little gas, twice."""
    coin, people = names.fresh(), names.many(3)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        open_account(chain, maker, 3 * ETHER)
        chain.creates(maker, coin, data=token(more=throwing(called)))
        yield
        for _ in range(2):
            chain.fails(maker, coin, asked("airdrop(address,address,address)", *people))
            yield

    return acts


def _in_vain(name: str, rng: Random, names: Names) -> Story:
    sender = names.fresh()
    return attack(name, _thrown_in_vain("Claim 5 ETH at get-stake.net", sender, names), sender)


def _wages_in_vain(name: str, rng: Random, names: Names) -> Story:
    project = names.fresh()
    return honest(name, _thrown_in_vain("Lighthouse", project, names), [project])


def _used_airdrop(name: str, rng: Random, names: Names) -> Story:
    """A pool first, then gifts to many; most sell or pass them on."""
    creator, token, people = names.fresh(), names.fresh(), names.many(12)
    called = f"get-harbour{rng.randrange(99)}.net" if "site" in name else "Harbour"

    def acts(chain: ChainBuilder) -> Iterator[None]:
        _begun(chain, creator, token, people, called, f"A{rng.randrange(10**6)}")
        chain.erc20(token, ZERO, creator, 10**6 * ETHER, by=creator)
        market = Market(chain)
        pool = market.opens(Pool(names.fresh(), (token, WETH), [5 * 10**5 * ETHER, 20 * ETHER]))
        with chain.transaction(creator, names.fresh()):
            chain.erc20(token, creator, pool.where, 5 * 10**5 * ETHER).erc20(
                WETH, creator, pool.where, 20 * ETHER
            )
            chain.log(pool.where, (MINT_V2, word(creator)), word(1) + word(2))
        market.buys_with_coin(people[0], pool, ETHER // 10)
        yield
        for person in people:
            chain.erc20(token, creator, person, 100 * ETHER)
        yield
        for person in people[:4]:
            market.sells_for_coin(person, pool, 50 * ETHER)
        for person in people[4:8]:
            chain.erc20(token, person, rng.choice(people[8:]), 20 * ETHER)
        yield

    return honest(name, acts, [creator, *people])


def _points(name: str, rng: Random, names: Names) -> Story:
    """Points without a market, of a shop for its customers, who bring them back."""
    shop, token, people = names.fresh(), names.fresh(), names.many(12)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        _begun(chain, shop, token, people, "Tide Points", f"P{rng.randrange(10**6)}")
        chain.erc20(token, ZERO, shop, 10**6 * ETHER, by=shop)
        yield
        for person in people:
            chain.erc20(token, shop, person, 100 * ETHER)
        yield
        for person in people[::2]:
            chain.erc20(token, person, shop, 40 * ETHER)

    return honest(name, acts, [shop, *people])


def _wages(name: str, rng: Random, names: Names) -> Story:
    """A young project pays its people in its own token, month by month."""
    project, token, staff = names.fresh(), names.fresh(), names.many(6)

    def acts(chain: ChainBuilder) -> Iterator[None]:
        _begun(chain, project, token, staff, "Lighthouse", f"W{rng.randrange(10**6)}")
        chain.erc20(token, ZERO, project, 10**6 * ETHER, by=project)
        for _ in range(3):
            yield
            for person in staff:
                chain.erc20(token, project, person, 100 * ETHER)

    return honest(name, acts, [project, *staff])
