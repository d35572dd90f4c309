"""Aave V3: its pool with five reserves, flash loans, and a price oracle that whoever reports to it may set.

Amounts are in wei or token units, prices in US dollars with eight decimals, as Aave keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

from ingest.localchain.chain.actions import TOKEN_GAS, UNLIMITED, ZERO, Asset, Transaction, approve, wrap
from ingest.localchain.chain.artifacts import Artifact
from ingest.localchain.chain.deployment import Deployment
from ingest.localchain.chain.miner import Miner
from ingest.localchain.chain.wallet import Address, call_data, created_address
from ingest.localchain.world.world import Base

AAVE_GAS = 8 * TOKEN_GAS
PREMIUM_BPS = 5
"""What a flash loan costs, in hundredths of a percent."""

_ETHER = 10**18
_RAY = 10**27
_VARIABLE = 2
_SETUP_GAS = 6_000_000


class Terms(NamedTuple):
    """Of a reserve: shares in hundredths of a percent, the liquidation bonus with the 100 % it adds to."""

    symbol: str
    ltv: int
    threshold: int
    bonus: int
    seed_usd: int


_TERMS = (
    Terms("WETH", 8_000, 8_250, 10_500, 60_000_000),
    Terms("USDC", 7_700, 8_000, 10_500, 80_000_000),
    Terms("DAI", 7_500, 8_000, 10_500, 40_000_000),
    Terms("LINK", 5_300, 6_800, 10_700, 10_000_000),
    Terms("WBTC", 7_000, 7_500, 10_625, 30_000_000),
)
"""Those of mainnet, rounded."""

_POOL_LIBRARIES = (
    "BorrowLogic", "BridgeLogic", "EModeLogic", "LiquidationLogic", "PoolLogic", "SupplyLogic",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reserve:
    """What is lent: the asset, the token of those who supply it, the token of those who owe it."""

    asset: Asset
    supplied: Asset
    owed: Asset
    terms: Terms


@dataclass(frozen=True, slots=True)
class AaveV3:
    """Where everything is."""

    provider: Address
    pool: Address
    oracle: Address
    """Where prices are set; `AaveOracle` asks it."""
    data: Address
    reserves: tuple[Reserve, ...]

    @classmethod
    def deploy(cls, base: Base, deployment: Deployment) -> Self:
        market = _market(deployment)
        reserves = tuple(
            _reserve(base, deployment, market, number, terms) for number, terms in enumerate(_TERMS)
        )
        deployment.call(market.configurator, "updateFlashloanPremiumTotal(uint128)", PREMIUM_BPS)
        aave = cls(market.provider, market.pool, market.oracle, market.data, reserves)
        for reserve in reserves:
            _seed(aave, base, deployment, reserve)
        return aave

    def reserve(self, token: Address) -> Reserve:
        """Raises StopIteration where Aave does not list the token."""
        return next(reserve for reserve in self.reserves if reserve.asset.token == token)


PROTOCOL = AaveV3


class _Market(NamedTuple):
    provider: Address
    pool: Address
    configurator: Address
    oracle: Address
    data: Address
    a_token: Address
    stable_debt: Address
    variable_debt: Address
    rates: Address


def _artifact(folder: str, name: str, *takes: str) -> Artifact:
    return Artifact("@aave/core-v3", f"artifacts/contracts/{folder}/{name}.sol/{name}.json", takes)


def _market(deployment: Deployment) -> _Market:
    """Everything but the reserves. The provider makes the proxies of pool and configurator, in this order."""
    deploy, call, me = deployment.deploy, deployment.call, deployment.deployer
    configuration = _artifact("protocol/configuration", "PoolAddressesProvider", "string", "address")
    provider = deploy(configuration.deployment("Local Aave Market", me))
    call(provider, "setACLAdmin(address)", me)
    roles = deploy(_artifact("protocol/configuration", "ACLManager", "address").deployment(provider))
    call(provider, "setACLManager(address)", roles)
    for role in ("addPoolAdmin", "addRiskAdmin", "addEmergencyAdmin"):
        call(roles, f"{role}(address)", me)
    pool_code, configurator_code = _implementations(deployment, provider)
    call(provider, "setPoolImpl(address)", pool_code, gas=_SETUP_GAS)
    call(provider, "setPoolConfiguratorImpl(address)", configurator_code, gas=_SETUP_GAS)
    pool, configurator = (created_address(provider, nonce) for nonce in (1, 2))
    oracle = deploy(_artifact("mocks/oracle", "PriceOracle").deployment())
    takes = ("address", "address[]", "address[]", "address", "address", "uint256")
    asking = _artifact("misc", "AaveOracle", *takes).deployment(provider, [], [], oracle, ZERO, 10**8)
    call(provider, "setPriceOracle(address)", deploy(asking))
    data = deploy(_artifact("misc", "AaveProtocolDataProvider", "address").deployment(provider))
    call(provider, "setPoolDataProvider(address)", data)
    supplied, stable, variable = (
        deploy(_artifact("protocol/tokenization", name, "address").deployment(pool))
        for name in ("AToken", "StableDebtToken", "VariableDebtToken")
    )
    rates = _rates(deployment, provider)
    return _Market(provider, pool, configurator, oracle, data, supplied, stable, variable, rates)


def _implementations(deployment: Deployment, provider: Address) -> tuple[Address, Address]:
    """The code behind the proxies of pool and configurator, with the libraries both call."""
    logic = "protocol/libraries/logic"
    names = (*_POOL_LIBRARIES, "ConfiguratorLogic")
    at = {name: deployment.deploy(_artifact(logic, name).deployment()) for name in names}
    at["FlashLoanLogic"] = deployment.deploy(_artifact(logic, "FlashLoanLogic").linked(at).deployment())
    pool = _artifact("protocol/pool", "Pool", "address").linked(at).deployment(provider)
    configurator = _artifact("protocol/pool", "PoolConfigurator").linked(at).deployment()
    return deployment.deploy(pool), deployment.deploy(configurator)


def _rates(deployment: Deployment, provider: Address) -> Address:
    """Variable rates of 4 % a year where 80 % is lent out, steep beyond; stable ones are not offered."""
    percents = (80, 0, 4, 75, 2, 75, 2, 5, 20)
    name = "DefaultReserveInterestRateStrategy"
    strategy = _artifact("protocol/pool", name, "address", *["uint256"] * len(percents))
    return deployment.deploy(strategy.deployment(provider, *(_RAY * n // 100 for n in percents)))


def _reserve(base: Base, deployment: Deployment, market: _Market, number: int, terms: Terms) -> Reserve:
    """Lists an asset. The configurator makes its three tokens: supply, stable debt, variable debt."""
    asset = base.wrapped if terms.symbol == "WETH" else base.token(terms.symbol)
    names = [
        f"{kind} {asset.symbol}" for kind in ("Aave", "a", "Variable Debt", "vDebt", "Stable Debt", "sDebt")
    ]
    fields = (
        market.a_token, market.stable_debt, market.variable_debt, asset.decimals, market.rates, asset.token,
        deployment.deployer, ZERO, *names, b"",
    )  # fmt: skip
    codes, texts = "address,address,address,uint8,address,address,address,address", ",".join(["string"] * 6)
    deployment.call(market.configurator, f"initReserves(({codes},{texts},bytes)[])", [fields], gas=_SETUP_GAS)
    collateral = "configureReserveAsCollateral(address,uint256,uint256,uint256)"
    limits = (terms.ltv, terms.threshold, terms.bonus)
    deployment.call(market.configurator, collateral, asset.token, *limits, gas=AAVE_GAS)
    for switch in ("setReserveBorrowing", "setReserveFlashLoaning"):
        deployment.call(market.configurator, f"{switch}(address,bool)", asset.token, True, gas=AAVE_GAS)
    supplied, owed = (created_address(market.configurator, 3 * number + turn) for turn in (1, 3))
    return Reserve(
        asset,
        Asset(f"a{asset.symbol}", supplied, asset.cents, asset.decimals),
        Asset(f"vDebt{asset.symbol}", owed, asset.cents, asset.decimals),
        terms,
    )


def _seed(aave: AaveV3, base: Base, deployment: Deployment, reserve: Reserve) -> None:
    """The world's price, and what can be borrowed from the beginning."""
    me, asset = deployment.deployer, reserve.asset
    amount = asset.units(reserve.terms.seed_usd)
    deployment.send(set_price(aave, me, asset, asset.cents * 10**6))
    if asset.token == base.weth:
        deployment.send(wrap(base.weth, me, amount))
    else:
        deployment.receive(base.deployer, asset.token, amount)
    deployment.send(approve(asset.token, me, aave.pool))
    deployment.send(supply(aave, me, asset, amount))


def set_price(aave: AaveV3, reporter: Address, asset: Asset, price: int) -> Transaction:
    """Reports what a whole coin is worth, in dollars with eight decimals."""
    data = call_data("setAssetPrice(address,uint256)", asset.token, price)
    return Transaction(reporter, aave.oracle, data)


def supply(aave: AaveV3, lender: Address, asset: Asset, amount: int) -> Transaction:
    """Lends to the pool, which counts it as collateral; the pool must be approved."""
    data = call_data("supply(address,uint256,address,uint16)", asset.token, amount, lender, 0)
    return Transaction(lender, aave.pool, data, gas=AAVE_GAS)


def withdraw(aave: AaveV3, lender: Address, asset: Asset, amount: int = UNLIMITED) -> Transaction:
    """Takes back what was supplied; without an amount, all of it with interest."""
    data = call_data("withdraw(address,uint256,address)", asset.token, amount, lender)
    return Transaction(lender, aave.pool, data, gas=AAVE_GAS)


def borrow(aave: AaveV3, borrower: Address, asset: Asset, amount: int) -> Transaction:
    """At the variable rate, against what the borrower has supplied."""
    signature = "borrow(address,uint256,uint256,uint16,address)"
    data = call_data(signature, asset.token, amount, _VARIABLE, 0, borrower)
    return Transaction(borrower, aave.pool, data, gas=AAVE_GAS)


def repay(aave: AaveV3, borrower: Address, asset: Asset, amount: int = UNLIMITED) -> Transaction:
    """Pays back; without an amount, all that is owed. The pool must be approved."""
    signature = "repay(address,uint256,uint256,address)"
    data = call_data(signature, asset.token, amount, _VARIABLE, borrower)
    return Transaction(borrower, aave.pool, data, gas=AAVE_GAS)


def liquidate(
    aave: AaveV3, liquidator: Address, borrower: Address, collateral: Asset, debt: Asset, amount: int
) -> Transaction:
    """Pays up to `amount` of what an under-collateralised borrower owes, for collateral with a bonus."""
    signature = "liquidationCall(address,address,address,uint256,bool)"
    data = call_data(signature, collateral.token, debt.token, borrower, amount, False)
    return Transaction(liquidator, aave.pool, data, gas=2 * AAVE_GAS)


def health(miner: Miner, aave: AaveV3, borrower: Address) -> float:
    """Collateral at its liquidation threshold over debt; below one, anybody may liquidate."""
    account = miner.ask(aave.pool, "getUserAccountData(address)", borrower)
    return int.from_bytes(account[5 * 32 : 6 * 32], "big") / _ETHER


def borrowable(miner: Miner, aave: AaveV3, borrower: Address, asset: Asset) -> int:
    """How many units of `asset` may still be borrowed at the oracle's prices."""
    account = miner.ask(aave.pool, "getUserAccountData(address)", borrower)
    return int.from_bytes(account[2 * 32 : 3 * 32], "big") * asset.one // price(miner, aave, asset)


def price(miner: Miner, aave: AaveV3, asset: Asset) -> int:
    """What was reported last of a whole coin, in dollars with eight decimals."""
    return miner.number(aave.oracle, "getAssetPrice(address)", asset.token)
