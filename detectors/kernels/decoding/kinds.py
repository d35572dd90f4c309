"""What a row of a block says, as one number: which event it came from, whoever emits the same."""

from __future__ import annotations

from enum import IntEnum, auto


class Kind(IntEnum):
    """The kind of a row. Events with one meaning share one: Aave's `Supply` and its older `Deposit`."""

    NATIVE = auto()
    ERC20 = auto()
    ERC721 = auto()
    ERC1155 = auto()
    WETH_DEPOSIT = auto()
    WETH_WITHDRAWAL = auto()

    APPROVAL_ERC20 = auto()
    APPROVAL_ERC721 = auto()
    APPROVAL_FOR_ALL = auto()
    PERMIT2_APPROVE = auto()
    PERMIT2_PERMIT = auto()
    PERMIT2_LOCKDOWN = auto()

    POOL_V2 = auto()
    POOL_V3 = auto()
    SWAP_V2 = auto()
    SWAP_V3 = auto()
    MINT_V2 = auto()
    BURN_V2 = auto()
    MINT_V3 = auto()
    BURN_V3 = auto()
    COLLECT_V3 = auto()
    SYNC = auto()

    SUPPLY = auto()
    WITHDRAW = auto()
    BORROW = auto()
    REPAY = auto()
    LIQUIDATION_AAVE = auto()
    LIQUIDATION_COMPOUND = auto()

    FLASH_LOAN_AAVE = auto()
    FLASH_LOAN_BALANCER = auto()
    FLASH_LOAN_ERC3156 = auto()
    FLASH_V3 = auto()

    VAULT_DEPOSIT = auto()
    VAULT_WITHDRAW = auto()

    OWNER = auto()
    ADMIN = auto()
    ROLE_GRANTED = auto()
    ROLE_REVOKED = auto()
    IMPLEMENTATION = auto()
    BEACON = auto()

    PROPOSAL_CREATED = auto()
    PROPOSAL_QUEUED = auto()
    PROPOSAL_EXECUTED = auto()
    PROPOSAL_CANCELLED = auto()
    VOTE = auto()
    DELEGATE = auto()
    DELEGATE_VOTES = auto()

    MIXER_DEPOSIT = auto()
    MIXER_WITHDRAWAL = auto()

    # Not events: the transaction itself (also one that failed), and what calls inside of it did.
    TRANSACTION = auto()
    INNER_VALUE = auto()
    CREATION = auto()
    # No rows either, but facts of the log, which wake who reads them.
    LISTED = auto()
    CROSSED = auto()
    DISAGREED = auto()


LAID = frozenset(
    (Kind.TRANSACTION, Kind.INNER_VALUE, Kind.CREATION, Kind.LISTED, Kind.CROSSED, Kind.DISAGREED)
)
"""What `detectors.kernels.rows` adds; the pass over logs decodes all others."""
