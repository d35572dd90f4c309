"""Tokens that somebody issues in the course of the run: what they are called, and the code behind them.

Honest projects and swindlers draw from the same names and the same code: neither gives one away.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ingest.localchain.chain import artifacts
from ingest.localchain.chain.actions import Transaction, mint
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.wallet import Address

DECIMAL_TOKEN = Own("token", "Token", ("string", "string", "uint8"))
FEE_TOKEN = Own("living", "FeeToken", ("string", "string", "uint256", "uint256"))
REBASING_TOKEN = Own("living", "RebasingToken", ("string", "string", "uint256"))
BRIDGED_TOKEN = Own("living", "BridgedToken", ("string", "string", "uint8", "address"))

_FIRST = (
    *(
        "Lunar",
        "Ember",
        "Nova",
        "Quill",
        "Tidal",
        "Maple",
        "Onyx",
        "Pixel",
        "Coral",
        "Sable",
        "Terra",
        "Vivid",
    ),
    *("Zephyr", "Aster", "Bramble", "Cinder", "Dapple", "Fjord", "Garnet", "Hazel", "Indigo", "Juniper"),
)
_SECOND = (
    *("Finance", "Network", "Swap", "Inu", "Protocol", "Dao", "Labs", "Cash", "Yield", "Verse", "Bridge"),
    *("Energy", "Cat", "Pay", "Chain", "Vault", "Coin", "Index", "Games", "Power"),
)

_FEES = (100, 200, 300, 500)
"""Basis points that honest fee-on-transfer tokens take."""


@dataclass(frozen=True, slots=True)
class Coin:
    """A token that is yet to be deployed. `supply` in token units; `is_minted`: its code does not make it."""

    name: str
    symbol: str
    code: str
    supply: int
    is_minted: bool = False

    def first_supply(self, token: Address, issuer: Address) -> list[Transaction]:
        """What brings the supply to its issuer once it is deployed at `token`."""
        return [mint(token, issuer, issuer, self.supply)] if self.is_minted else []


def title(rng: Random) -> tuple[str, str]:
    """A name and a symbol such as projects choose."""
    first, second = rng.choice(_FIRST), rng.choice(_SECOND)
    symbol = rng.choice((first[:4], first[:2] + second[:2], first[0] + second[:3], first)).upper()
    return rng.choice((f"{first} {second}", f"{first}{second}", first)), symbol


def usual_supply(rng: Random) -> int:
    """A million to a trillion, in units of 18 decimals."""
    return int(10 ** (rng.randint(6, 12) + 18))


def plain_coin(name: str, symbol: str, supply: int) -> Coin:
    """OpenZeppelin's token, as it is deployed most."""
    return Coin(name, symbol, artifacts.TOKEN.deployment(name, symbol), supply, is_minted=True)


def usual_coin(rng: Random) -> Coin:
    """An ordinary project's: OpenZeppelin's token, one with other decimals, or one that takes a fee."""
    (name, symbol), supply = title(rng), usual_supply(rng)
    kind = rng.choices(("plain", "decimals", "fee"), (6, 2, 2))[0]
    if kind == "plain":
        return plain_coin(name, symbol, supply)
    if kind == "decimals":
        decimals = rng.choice((8, 9, 12))
        code = DECIMAL_TOKEN.deployment(name, symbol, decimals)
        return Coin(name, symbol, code, supply // 10 ** (18 - decimals), is_minted=True)
    return Coin(name, symbol, FEE_TOKEN.deployment(name, symbol, supply, rng.choice(_FEES)), supply)
