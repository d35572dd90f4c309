"""What an actor can do on chain, each as the transaction that does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.localchain.chain.wallet import Address, call_data

UNLIMITED = 2**256 - 1
PLAIN_GAS = 21_000
TOKEN_GAS = 90_000
SWAP_GAS = 300_000
DEPLOY_GAS = 6_000_000
LIQUIDITY_GAS = 4_000_000
ZERO = "0x" + "00" * 20

NO_DEADLINE = 2**63
"""Seconds UTC: what is signed for a block far in the future."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One call of `sender`; `to` is None where a contract is deployed. `value` in wei.

    Gas is always given: the node would estimate before the block's other transactions have run.
    `tip` is what is bid for a unit of gas, in wei: a habit that people carry from one address to the next.
    None: the sender's own (see `Miner`).
    """

    sender: Address
    to: Address | None
    data: str = "0x"
    value: int = 0
    gas: int = TOKEN_GAS
    tip: int | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """Native value (`address` is None) or an ERC-20 token, with its price in US cents and its decimals."""

    symbol: str
    address: Address | None
    cents: int
    decimals: int = 18

    @property
    def token(self) -> Address:
        """The token's address. Only for tokens."""
        assert self.address is not None
        return self.address

    @property
    def one(self) -> int:
        """A whole coin, in wei or token units."""
        return int(10**self.decimals)

    def usd(self, amount: int) -> float:
        """What `amount` (wei or token units) is worth, in dollars rounded down to cents."""
        return amount * self.cents // self.one / 100

    def units(self, usd: float) -> int:
        """About `usd` dollars in wei or token units, six digits long as people write amounts."""
        return round(usd * 100 / self.cents * 10**6) * self.one // 10**6


def pay(asset: Asset, sender: Address, to: Address, amount: int) -> Transaction:
    """A payment of native value or of a token."""
    if asset.address is None:
        return Transaction(sender, to, value=amount, gas=PLAIN_GAS)
    return Transaction(sender, asset.address, call_data("transfer(address,uint256)", to, amount))


def approve(token: Address, owner: Address, spender: Address, amount: int = UNLIMITED) -> Transaction:
    return Transaction(owner, token, call_data("approve(address,uint256)", spender, amount))


def pull(token: Address, spender: Address, owner: Address, to: Address, amount: int) -> Transaction:
    """`spender` moves tokens of `owner`; needs an allowance unless `amount` is zero."""
    data = call_data("transferFrom(address,address,uint256)", owner, to, amount)
    return Transaction(spender, token, data)


def mint(token: Address, minter: Address, to: Address, amount: int) -> Transaction:
    return Transaction(minter, token, call_data("mint(address,uint256)", to, amount))


def wrap(weth: Address, sender: Address, wei: int) -> Transaction:
    return Transaction(sender, weth, call_data("deposit()"), value=wei)


def unwrap(weth: Address, sender: Address, wei: int) -> Transaction:
    return Transaction(sender, weth, call_data("withdraw(uint256)", wei))


def buy(
    router: Address,
    sender: Address,
    path: Sequence[Address],
    wei: int,
    to: Address | None = None,
    least: int = 0,
) -> Transaction:
    """Native value swapped along `path`, which begins with WETH, for the sender or for `to`.

    Fails where it gives less than `least`.
    """
    signature = "swapExactETHForTokens(uint256,address[],address,uint256)"
    data = call_data(signature, least, path, to or sender, NO_DEADLINE)
    return Transaction(sender, router, data, wei, SWAP_GAS)


def sell(router: Address, sender: Address, path: Sequence[Address], amount: int) -> Transaction:
    """Tokens swapped along `path`, which ends with WETH, for native value. The router must be approved."""
    signature = "swapExactTokensForETH(uint256,uint256,address[],address,uint256)"
    data = call_data(signature, amount, 0, path, sender, NO_DEADLINE)
    return Transaction(sender, router, data, gas=SWAP_GAS)


def add_liquidity(
    router: Address, sender: Address, pair: tuple[Address, Address], amounts: tuple[int, int]
) -> Transaction:
    """Both tokens into their pool, which is created where there is none."""
    signature = "addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)"
    data = call_data(signature, *pair, *amounts, 0, 0, sender, NO_DEADLINE)
    return Transaction(sender, router, data, gas=LIQUIDITY_GAS)


def add_liquidity_eth(router: Address, sender: Address, token: Address, amount: int, wei: int) -> Transaction:
    """A token and native value into their pool, which is created where there is none."""
    signature = "addLiquidityETH(address,uint256,uint256,uint256,address,uint256)"
    data = call_data(signature, token, amount, 0, 0, sender, NO_DEADLINE)
    return Transaction(sender, router, data, wei, LIQUIDITY_GAS)


def mint_picture(gallery: Address, minter: Address, to: Address) -> Transaction:
    """A new ERC-721 token, numbered from 0 in order of minting."""
    return Transaction(minter, gallery, call_data("mint(address)", to), gas=3 * TOKEN_GAS)


def give_picture(gallery: Address, owner: Address, to: Address, number: int) -> Transaction:
    data = call_data("transferFrom(address,address,uint256)", owner, to, number)
    return Transaction(owner, gallery, data, gas=2 * TOKEN_GAS)
