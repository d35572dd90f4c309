"""People who mint pictures, offer them on the market, and buy those of others at prices far apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.localchain.chain.actions import Transaction
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.nft_market import (
    MARKET_GAS,
    MINT_WEI,
    NftMarket,
    Piece,
    allow_market,
    mint_piece,
    new_piece,
    offer,
    take_offer,
)
from ingest.localchain.world.cast import Person
from ingest.localchain.world.endowment import Opening
from ingest.localchain.world.stage import ETHER, Habit, Stage
from ingest.localchain.world.world import ETH

_BUSY = 0.5
"""In so many blocks somebody does something on the market."""

_LEAST_USD = 150


@dataclass(slots=True)
class Shelf:
    """Who owns which picture, which are offered at what price in wei, and who lets the market take theirs."""

    owners: dict[Piece, Address] = field(default_factory=dict)
    offers: dict[Piece, int] = field(default_factory=dict)
    allowed: set[tuple[Address, Address]] = field(default_factory=set)


def begin(stage: Stage, per_block: int) -> Opening:
    """More trade where there is more traffic."""
    return Opening([nft_traders(stage) for _ in range(max(1, per_block // 25))])


def nft_traders(stage: Stage) -> Habit:
    """Every other block somebody mints, offers or buys; what is offered can be bought from the next one."""
    shelf = Shelf()
    while True:
        if stage.rng.random() > _BUSY:
            yield []
            continue
        act = stage.rng.choices((mint_one, offer_one, buy_one), (3, 3, 4))[0]
        yield act(stage, shelf)


def mint_one(stage: Stage, shelf: Shelf) -> list[Transaction]:
    """A new picture of some collection, to somebody who can pay for it."""
    people = stage.holders(stage.cast.active(stage.rng, 3), ETH, _LEAST_USD)
    if not people:
        return []
    piece = new_piece(stage.rng, stage.rng.choice(stage.world.of(NftMarket).collections))
    shelf.owners[piece] = people[0].address
    return [mint_piece(piece, people[0].address, MINT_WEI)]


def offer_one(stage: Stage, shelf: Shelf) -> list[Transaction]:
    """An owner offers a picture, log-normal around a tenth of an ETH; before the first one, an approval."""
    free = [piece for piece, owner in shelf.owners.items() if _is_free(stage, owner)]
    waiting = [piece for piece in free if piece not in shelf.offers]
    if not waiting:
        return []
    piece = stage.rng.choice(waiting)
    return offer_piece(stage, shelf, piece, int(ETHER * stage.rng.lognormvariate(-2.3, 1.0)))


def offer_piece(stage: Stage, shelf: Shelf, piece: Piece, wei: int) -> list[Transaction]:
    """Puts a picture of the shelf up for sale. Nothing where its owner cannot pay for that."""
    market, owner = stage.world.of(NftMarket), shelf.owners[piece]
    if not stage.spendable(owner, MARKET_GAS, MARKET_GAS):
        return []
    shelf.offers[piece] = wei
    offered = offer(market, piece, owner, wei)
    if (owner, piece.collection) in shelf.allowed:
        return [offered]
    shelf.allowed.add((owner, piece.collection))
    return [allow_market(market, piece, owner), offered]


def buy_one(stage: Stage, shelf: Shelf) -> list[Transaction]:
    """Somebody who has ten times as much buys one of the offers that stand."""
    buyers = stage.cast.active(stage.rng, 4)
    standing = [piece for piece in shelf.offers if _is_free(stage, shelf.owners[piece])]
    if not standing:
        return []
    piece = stage.rng.choice(standing)
    return buy_piece(stage, shelf, piece, [one for one in buyers if one.address != shelf.owners[piece]])


def buy_piece(stage: Stage, shelf: Shelf, piece: Piece, buyers: Sequence[Person]) -> list[Transaction]:
    """The first of `buyers` who can well afford it buys an offered picture."""
    wei = shelf.offers[piece]
    able = stage.holders(buyers, ETH, 10 * ETH.usd(wei))
    if not able:
        return []
    del shelf.offers[piece]
    shelf.owners[piece] = able[0].address
    return [take_offer(stage.world.of(NftMarket), piece, able[0].address, wei)]


def _is_free(stage: Stage, owner: Address) -> bool:
    return owner in stage.cast.people and owner not in stage.cast.reserved
