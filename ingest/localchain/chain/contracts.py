"""Contracts that a story brings itself: how it deploys and calls them."""

from __future__ import annotations

from typing import Any

from ingest.localchain.chain.actions import DEPLOY_GAS, Transaction
from ingest.localchain.chain.artifacts import Deployable
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address, call_data

CALL_GAS = 1_000_000


def create(sender: Address, code: Deployable, *arguments: object, gas: int = DEPLOY_GAS) -> Transaction:
    """Deploys `code` with these constructor arguments."""
    return Transaction(sender, None, code.deployment(*arguments), gas=gas)


def created(mined: Mined) -> Address:
    """The contract that a transaction deployed. Only for transactions that did."""
    assert mined.created is not None
    return mined.created


def call(
    sender: Address, to: Address, signature: str, *arguments: Any, value: int = 0, gas: int = CALL_GAS
) -> Transaction:
    """A call of `signature`, such as "withdraw(uint256)"; `value` in wei."""
    return Transaction(sender, to, call_data(signature, *arguments), value, gas)
