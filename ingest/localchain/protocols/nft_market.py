"""A market for ERC-721 pictures at fixed prices, in native value or WETH, and collections open to anybody."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Self

from ingest.localchain.chain.actions import TOKEN_GAS, Transaction
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.deployment import Deployment
from ingest.localchain.chain.wallet import Address, address_of, call_data
from ingest.localchain.world.world import Base

FEE_BPS = 50
MINT_WEI = 10**16
MARKET_GAS = 300_000

COLLECTION = Own("nft_market", "Collection", ("string", "string", "uint256"))
_MARKET = Own("nft_market", "NftMarket", ("address", "address", "uint256"))
_COLLECTIONS = (("Tide Charts", "TIDE"), ("Lighthouses", "LAMP"), ("Low Water", "LOW"))


@dataclass(frozen=True, slots=True)
class Piece:
    """One ERC-721 token."""

    collection: Address
    number: int


@dataclass(frozen=True, slots=True)
class NftMarket:
    """`collections` mint to anybody for `MINT_WEI`; the market's fee goes to `treasury`."""

    market: Address
    treasury: Address
    collections: tuple[Address, ...]

    @classmethod
    def deploy(cls, base: Base, deployment: Deployment) -> Self:
        treasury = address_of("undertow: treasury of the NFT market")
        market = deployment.deploy(_MARKET.deployment(base.weth, treasury, FEE_BPS))
        made = [deployment.deploy(COLLECTION.deployment(*names, MINT_WEI)) for names in _COLLECTIONS]
        return cls(market, treasury, tuple(made))


PROTOCOL = NftMarket


def new_piece(rng: Random, collection: Address) -> Piece:
    """A number nobody has minted: 48 random bits."""
    return Piece(collection, rng.getrandbits(48))


def mint_piece(piece: Piece, minter: Address, wei: int = MINT_WEI) -> Transaction:
    data = call_data("mint(uint256)", piece.number)
    return Transaction(minter, piece.collection, data, wei, MARKET_GAS)


def allow_market(market: NftMarket, piece: Piece, owner: Address) -> Transaction:
    """The market may take any picture of the collection; needed before the owner's first sale."""
    data = call_data("setApprovalForAll(address,bool)", market.market, True)
    return Transaction(owner, piece.collection, data)


def offer(market: NftMarket, piece: Piece, seller: Address, wei: int, in_weth: bool = False) -> Transaction:
    """Lists a picture at a price."""
    data = call_data("list(address,uint256,uint256,bool)", piece.collection, piece.number, wei, in_weth)
    return Transaction(seller, market.market, data, gas=MARKET_GAS)


def take_offer(market: NftMarket, piece: Piece, buyer: Address, wei: int) -> Transaction:
    """Buys a listed picture; `wei` is 0 where it is paid in WETH, which the market must be approved for."""
    data = call_data("buy(address,uint256)", piece.collection, piece.number)
    return Transaction(buyer, market.market, data, wei, MARKET_GAS)


def give_piece(piece: Piece, owner: Address, to: Address) -> Transaction:
    data = call_data("transferFrom(address,address,uint256)", owner, to, piece.number)
    return Transaction(owner, piece.collection, data, gas=2 * TOKEN_GAS)
