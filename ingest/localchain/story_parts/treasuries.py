"""Contracts that keep somebody's assets: how stories make them, fill them, and what their owners can do."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.localchain.chain.actions import TOKEN_GAS, ZERO, Asset, Transaction, pay
from ingest.localchain.chain.artifacts import Artifact, Own
from ingest.localchain.chain.contracts import CALL_GAS, call
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.story_parts.funding import between, withdrawal
from ingest.localchain.world.stage import ETHER, Acts, Stage
from ingest.localchain.world.world import ETH

TREASURY = Own("treasury", "Treasury", ("bool",))
"""Its deployer's. Where the argument is true, anybody may `rescue` what is in it."""
SIGNED_TREASURY = Own("treasury", "SignedTreasury")
UPGRADEABLE_TREASURY = Own("treasury", "UpgradeableTreasury")
LIMITED_TREASURY = Own("treasury", "LimitedTreasury")
SIPHON = Own("treasury", "Siphon")
SHARED_WALLET = Own("wallets", "SharedWallet", ("address[]", "uint256"))
PROXY = Artifact("@openzeppelin/contracts", "build/contracts/ERC1967Proxy.json", ("address", "bytes"))


def fill_treasury(stage: Stage, treasury: Address, usd: float) -> Acts:
    """One to four assets, together worth about so many dollars, come in over a few blocks; which ones."""
    kinds = stage.rng.sample((ETH, *stage.world.tokens[:5]), stage.rng.randint(1, 4))
    shares = [stage.rng.uniform(0.2, 1) for _ in kinds]
    parts = [usd * share / sum(shares) for share in shares]
    payers = [_payer(stage, asset, part) for asset, part in zip(kinds, parts, strict=True)]
    yield [t for _, funding in payers for t in funding]
    cuts: tuple[list[Transaction], list[Transaction]] = ([], [])
    for asset, part, (payer, _) in zip(kinds, parts, payers, strict=True):
        amount = ETH.units(part) if asset is ETH else stage.holding(asset, payer)
        first = amount * stage.rng.randint(20, 80) // 100
        for cut, units in zip(cuts, (first, amount - first), strict=True):
            cut.append(_into(asset, payer, treasury, units))
    yield cuts[0]
    yield cuts[1]
    return kinds


def _payer(stage: Stage, asset: Asset, usd: float) -> tuple[Address, list[Transaction]]:
    """Somebody with so much of `asset`, and the transactions that they have it from."""
    if asset is ETH:
        return stage.dormant(ETH.units(usd) + ETHER), []
    payer = stage.fresh()
    return payer, withdrawal(stage, payer, asset, usd)


def treasury_usd(stage: Stage) -> float:
    """What a treasury is worth, in dollars: from a club's to a protocol's."""
    return between(stage, 5_000, 8_000_000)


def lost_by(stage: Stage, keeper: Address, assets: Sequence[Asset], before: Sequence[int]) -> float:
    """Dollars that `keeper` holds less of `assets` now than `before`."""
    after = stage.miner.holdings((asset, keeper) for asset in assets)
    return round(sum(a.usd(b - n) for a, b, n in zip(assets, before, after, strict=True)), 2)


def _into(asset: Asset, payer: Address, treasury: Address, amount: int) -> Transaction:
    """Native value to a contract takes more gas than to a wallet."""
    if asset.address is None:
        return Transaction(payer, treasury, value=amount, gas=TOKEN_GAS)
    return pay(asset, payer, treasury, amount)


def named_by(assets: Sequence[Asset]) -> list[Address]:
    """As the treasuries call them: the zero address is native value."""
    return [asset.address or ZERO for asset in assets]


def pay_out(treasury: Address, owner: Address, asset: Asset, to: Address, amount: int) -> Transaction:
    """The owner of a `TREASURY` or of an upgradeable one pays."""
    signature = "pay(address,address,uint256)"
    return call(owner, treasury, signature, asset.address or ZERO, to, amount, gas=3 * TOKEN_GAS)


def rescue(
    treasury: Address, sender: Address, assets: Sequence[Asset], to: Address, percent: int = 100
) -> Transaction:
    """`percent` of what the treasury holds of each of `assets`."""
    signature = "rescue(address[],address,uint256)"
    return call(sender, treasury, signature, named_by(assets), to, percent, gas=CALL_GAS)


def upgrade(proxy: Address, owner: Address, code: Address) -> Transaction:
    """Puts other code behind a proxy (UUPS)."""
    return call(owner, proxy, "upgradeTo(address)", code)


def shared_payment(
    wallet: Address, signers: Sequence[Address], number: int, asset: Asset, to: Address, amount: int
) -> list[Transaction]:
    """The `number`-th wish of a shared wallet: the first of `signers` submits it, the others confirm."""
    target, value, data = (
        (to, amount, b"") if asset.address is None else (asset.address, 0, _transfer(to, amount))
    )
    first, *others = signers
    submitted = call(first, wallet, "submit(address,uint256,bytes)", target, value, data)
    return [submitted, *(call(signer, wallet, "confirm(uint256)", number) for signer in others)]


def _transfer(to: Address, amount: int) -> bytes:
    return bytes.fromhex(call_data("transfer(address,uint256)", to, amount)[2:])
