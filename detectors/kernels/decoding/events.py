"""Every event that is decoded, as Solidity declares it: a parameter is called what column it fills.

To decode one more event is to add a line here. The rules of a line:

- `_` is a parameter that must be of its type and is not kept.
- A parameter named twice makes a row for each time, of those rows that have an amount.
- An array that is kept makes a row for each element; all of a line's arrays that are kept are equally long.
- A kept `int256` is two columns: `amount` what is above zero and `amount3` how far it is below; `amount2` and
  `amount4` in the same way.
- A kept `bytes[]` says of each element where in the log's data it is (`small`) and its size (`small2`).
- A `string` or `bytes` alone is not kept.

Two lines with one signature must differ in their number of topics.
"""

from __future__ import annotations

from dataclasses import dataclass

from detectors.kernels.decoding.kinds import Kind


@dataclass(frozen=True, slots=True)
class Declared:
    """A line: `own` says that the emitter is the asset, `flag` which column raises the flag by being above
    zero, `single` that the amount is one.
    """

    kind: Kind
    text: str
    own: bool = False
    flag: str | None = None
    single: bool = False


EVENTS = (
    # Transfers: source pays, target is paid. A wrapper's deposit comes from the zero address.
    Declared(
        Kind.ERC20, "Transfer(address indexed source, address indexed target, uint256 amount)", own=True
    ),
    Declared(
        Kind.ERC721,
        "Transfer(address indexed source, address indexed target, uint256 indexed item)",
        own=True,
        single=True,
    ),
    Declared(
        Kind.ERC1155,
        "TransferSingle(address indexed _, address indexed source, address indexed target, uint256 item,"
        " uint256 amount)",
        own=True,
    ),
    Declared(
        Kind.ERC1155,
        "TransferBatch(address indexed _, address indexed source, address indexed target, uint256[] item,"
        " uint256[] amount)",
        own=True,
    ),
    Declared(Kind.WETH_DEPOSIT, "Deposit(address indexed target, uint256 amount)", own=True),
    Declared(Kind.WETH_WITHDRAWAL, "Withdrawal(address indexed source, uint256 amount)", own=True),
    # Allowances: source lets target spend. `small` is Permit2's expiration.
    Declared(
        Kind.APPROVAL_ERC20,
        "Approval(address indexed source, address indexed target, uint256 amount)",
        own=True,
        flag="amount",
    ),
    Declared(
        Kind.APPROVAL_ERC721,
        "Approval(address indexed source, address indexed target, uint256 indexed item)",
        own=True,
        flag="target",
    ),
    Declared(
        Kind.APPROVAL_FOR_ALL,
        "ApprovalForAll(address indexed source, address indexed target, bool flag)",
        own=True,
    ),
    Declared(
        Kind.PERMIT2_APPROVE,
        "Approval(address indexed source, address indexed asset, address indexed target, uint160 amount,"
        " uint48 small)",
        flag="amount",
    ),
    Declared(
        Kind.PERMIT2_PERMIT,
        "Permit(address indexed source, address indexed asset, address indexed target, uint160 amount,"
        " uint48 small, uint48 _)",
        flag="amount",
    ),
    Declared(Kind.PERMIT2_LOCKDOWN, "Lockdown(address indexed source, address asset, address target)"),
    # Pools: asset and third are token0 and token1, `small` the fee or a tick, `small2` the spacing or a tick.
    Declared(
        Kind.POOL_V2,
        "PairCreated(address indexed asset, address indexed third, address target, uint256 _)",
    ),
    Declared(
        Kind.POOL_V3,
        "PoolCreated(address indexed asset, address indexed third, uint24 indexed small, int24 small2,"
        " address target)",
    ),
    Declared(
        Kind.SWAP_V2,
        "Swap(address indexed source, uint256 amount, uint256 amount2, uint256 amount3, uint256 amount4,"
        " address indexed target)",
    ),
    Declared(
        Kind.SWAP_V3,
        "Swap(address indexed source, address indexed target, int256 amount, int256 amount2, uint160 price,"
        " uint128 liquidity, int24 small)",
    ),
    Declared(Kind.MINT_V2, "Mint(address indexed source, uint256 amount, uint256 amount2)"),
    Declared(
        Kind.BURN_V2,
        "Burn(address indexed source, uint256 amount, uint256 amount2, address indexed target)",
    ),
    Declared(
        Kind.MINT_V3,
        "Mint(address source, address indexed third, int24 indexed small, int24 indexed small2,"
        " uint128 liquidity, uint256 amount, uint256 amount2)",
    ),
    Declared(
        Kind.BURN_V3,
        "Burn(address indexed third, int24 indexed small, int24 indexed small2, uint128 liquidity,"
        " uint256 amount, uint256 amount2)",
    ),
    Declared(
        Kind.COLLECT_V3,
        "Collect(address indexed third, address target, int24 indexed small, int24 indexed small2,"
        " uint128 amount, uint128 amount2)",
    ),
    Declared(Kind.SYNC, "Sync(uint112 amount, uint112 amount2)"),
    # Lending: third is whose position changes, source pays, target is paid.
    Declared(
        Kind.SUPPLY,
        "Supply(address indexed asset, address source, address indexed third, uint256 amount,"
        " uint16 indexed _)",
    ),
    Declared(
        Kind.SUPPLY,
        "Deposit(address indexed asset, address source, address indexed third, uint256 amount,"
        " uint16 indexed _)",
    ),
    Declared(
        Kind.WITHDRAW,
        "Withdraw(address indexed asset, address indexed third, address indexed target, uint256 amount)",
    ),
    Declared(
        Kind.BORROW,
        "Borrow(address indexed asset, address target, address indexed third, uint256 amount, uint8 _,"
        " uint256 _, uint16 indexed _)",
    ),
    Declared(
        Kind.BORROW,
        "Borrow(address indexed asset, address target, address indexed third, uint256 amount, uint256 _,"
        " uint256 _, uint16 indexed _)",
    ),
    Declared(
        Kind.REPAY,
        "Repay(address indexed asset, address indexed third, address indexed source, uint256 amount, bool _)",
    ),
    Declared(
        Kind.REPAY,
        "Repay(address indexed asset, address indexed third, address indexed source, uint256 amount)",
    ),
    # Liquidations: source loses `amount` of the asset to target, who repaid `amount2` of third.
    Declared(
        Kind.LIQUIDATION_AAVE,
        "LiquidationCall(address indexed asset, address indexed third, address indexed source,"
        " uint256 amount2, uint256 amount, address target, bool _)",
    ),
    Declared(
        Kind.LIQUIDATION_COMPOUND,
        "LiquidateBorrow(address target, address source, uint256 amount2, address asset, uint256 amount)",
    ),
    # Flash loans: source asked for it, target received it, `amount2` is the fee.
    Declared(
        Kind.FLASH_LOAN_AAVE,
        "FlashLoan(address indexed target, address source, address indexed asset, uint256 amount, uint8 _,"
        " uint256 amount2, uint16 indexed _)",
    ),
    Declared(
        Kind.FLASH_LOAN_AAVE,
        "FlashLoan(address indexed target, address indexed source, address indexed asset, uint256 amount,"
        " uint256 amount2, uint16 _)",
    ),
    Declared(
        Kind.FLASH_LOAN_BALANCER,
        "FlashLoan(address indexed target, address indexed asset, uint256 amount, uint256 amount2)",
    ),
    Declared(
        Kind.FLASH_LOAN_ERC3156,
        "FlashLoan(address indexed target, address asset, uint256 amount, uint256 amount2)",
    ),
    Declared(
        Kind.FLASH_V3,
        "Flash(address indexed source, address indexed target, uint256 amount, uint256 amount,"
        " uint256 amount2, uint256 amount2)",
    ),
    # Vaults: third owns the shares, `amount` is assets and `amount2` shares.
    Declared(
        Kind.VAULT_DEPOSIT,
        "Deposit(address indexed source, address indexed third, uint256 amount, uint256 amount2)",
    ),
    Declared(
        Kind.VAULT_WITHDRAW,
        "Withdraw(address indexed source, address indexed target, address indexed third, uint256 amount,"
        " uint256 amount2)",
    ),
    # Control: from source to target, by third; the item is a role.
    Declared(Kind.OWNER, "OwnershipTransferred(address indexed source, address indexed target)"),
    Declared(Kind.ADMIN, "AdminChanged(address source, address target)"),
    Declared(
        Kind.ROLE_GRANTED,
        "RoleGranted(bytes32 indexed item, address indexed target, address indexed third)",
    ),
    Declared(
        Kind.ROLE_REVOKED,
        "RoleRevoked(bytes32 indexed item, address indexed source, address indexed third)",
    ),
    Declared(Kind.IMPLEMENTATION, "Upgraded(address indexed target)"),
    Declared(Kind.BEACON, "BeaconUpgraded(address indexed target)"),
    # Governance: the item is a proposal. Created: a row a call, from `amount3` to `amount4` it is voted on.
    Declared(
        Kind.PROPOSAL_CREATED,
        "ProposalCreated(uint256 item, address source, address[] target, uint256[] amount, string[] _,"
        " bytes[] small, uint256 amount3, uint256 amount4, string _)",
    ),
    Declared(Kind.PROPOSAL_QUEUED, "ProposalQueued(uint256 item, uint256 amount2)"),
    Declared(Kind.PROPOSAL_EXECUTED, "ProposalExecuted(uint256 item)"),
    Declared(Kind.PROPOSAL_CANCELLED, "ProposalCanceled(uint256 item)"),
    Declared(
        Kind.VOTE, "VoteCast(address indexed source, uint256 item, uint8 small, uint256 amount, string _)"
    ),
    Declared(
        Kind.VOTE,
        "VoteCastWithParams(address indexed source, uint256 item, uint8 small, uint256 amount, string _,"
        " bytes _)",
    ),
    # Votes: source's go from third to target; or target had `amount2` and has `amount`.
    Declared(
        Kind.DELEGATE,
        "DelegateChanged(address indexed source, address indexed third, address indexed target)",
        own=True,
    ),
    Declared(
        Kind.DELEGATE_VOTES,
        "DelegateVotesChanged(address indexed target, uint256 amount2, uint256 amount)",
        own=True,
    ),
    # Mixers of the shape of Tornado Cash: a note is paid in; target is paid by it, third relays. `amount` is
    # its fee, the item the note's commitment or its nullifier.
    Declared(Kind.MIXER_DEPOSIT, "Deposit(bytes32 indexed item, uint32 _, uint256 _)"),
    Declared(
        Kind.MIXER_WITHDRAWAL,
        "Withdrawal(address target, bytes32 item, address indexed third, uint256 amount)",
    ),
)
