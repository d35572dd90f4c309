"""Savings: an ERC-4626 vault for each of the dollars, whose operator pays in what the money has earned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from ingest.localchain.chain.actions import TOKEN_GAS, Asset, Transaction, approve
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.contracts import call
from ingest.localchain.chain.deployment import Deployment
from ingest.localchain.chain.wallet import Address
from ingest.localchain.world.world import Base

VAULT = Own("vault", "Vault", ("address", "string", "string", "uint8"))
"""With virtual shares; the last argument is the decimals that a share has more than the asset."""
OLD_VAULT = Own("vault", "OldVault", ("address", "string", "string"))
"""Without: its first depositor sets the price of a share."""

_FIRST_USD = 250_000
_EARNINGS_USD = 20_000_000


@dataclass(frozen=True, slots=True)
class Savings:
    """`vaults` for USDC, USDT and DAI, in this order. `operator` has what they will earn."""

    vaults: tuple[Address, ...]
    assets: tuple[Asset, ...]
    operator: Address

    @classmethod
    def deploy(cls, base: Base, deployment: Deployment) -> Self:
        assets, vaults = base.tokens[:3], []
        for asset in assets:
            name = f"Harbour Savings {asset.symbol}"
            vault = deployment.deploy(VAULT.deployment(asset.token, name, f"hs{asset.symbol}", 6))
            deployment.receive(base.deployer, asset.token, asset.units(_FIRST_USD + _EARNINGS_USD))
            for transaction in deposit(vault, asset, deployment.deployer, asset.units(_FIRST_USD)):
                deployment.send(transaction)
            vaults.append(vault)
        return cls(tuple(vaults), assets, deployment.deployer)


PROTOCOL = Savings


def deposit(vault: Address, asset: Asset, owner: Address, amount: int) -> list[Transaction]:
    """So much of the vault's asset into it, approved for exactly that."""
    signature = "deposit(uint256,address)"
    return [
        approve(asset.token, owner, vault, amount),
        call(owner, vault, signature, amount, owner, gas=3 * TOKEN_GAS),
    ]


def redeem(vault: Address, owner: Address, shares: int) -> Transaction:
    """So many shares back into the asset."""
    signature = "redeem(uint256,address,address)"
    return call(owner, vault, signature, shares, owner, owner, gas=3 * TOKEN_GAS)


def earn(vault: Address, asset: Asset, operator: Address, amount: int) -> list[Transaction]:
    """The operator pays in what the money has earned, for all who have a share."""
    return [
        approve(asset.token, operator, vault, amount),
        call(operator, vault, "earn(uint256)", amount, gas=2 * TOKEN_GAS),
    ]
