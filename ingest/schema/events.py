"""What logs decode to, beside transfers: one table a kind of event, whichever protocol it came from."""

from __future__ import annotations

import polars as pl

from ingest.schema.table import (
    BLOCK,
    CHAIN_ID,
    LOG_INDEX,
    TIME,
    TX_HASH,
    TX_INDEX,
    Column,
    Table,
    amount,
)

_PLACE = (CHAIN_ID, BLOCK, TIME, TX_INDEX, TX_HASH, LOG_INDEX)
_INDEX_IN_LOG = Column("index_in_log", pl.UInt32, "position inside the log, from 0")
_AMM = Column("protocol", pl.String, "uniswap_v2 | uniswap_v3: the events' shape, forks included")
_POOL = Column("pool", pl.Binary, "the pool")
_TOKEN = Column("token", pl.Binary, "contract of the token")
_SENDER = Column("sender", pl.Binary, "who called: a router, mostly")
_USER = Column("user", pl.Binary, "whose position changes")

APPROVALS = Table(
    "approvals",
    "one row an allowance given or taken back",
    (
        *_PLACE,
        Column("address", pl.Binary, "contract that emitted it: the token, or Permit2"),
        Column("standard", pl.String, "erc20 | erc721 | for_all | permit2"),
        Column("action", pl.String, "approve | permit (by signature, Permit2 only) | lockdown"),
        _TOKEN,
        Column("owner", pl.Binary, "who gives the allowance"),
        Column("spender", pl.Binary, "who may spend"),
        Column("approved", pl.Boolean, "false: the allowance is taken back"),
        *amount("amount", "token units allowed; null for erc721 and for_all", nullable=True),
        Column("token_id", pl.Binary, "32 bytes big-endian; erc721 only", nullable=True),
        Column("expiration", pl.UInt64, "seconds UTC, 0 = this block; permit2 only", nullable=True),
    ),
)

POOLS = Table(
    "pools",
    "one row a pool made by a factory",
    (
        *_PLACE,
        _AMM,
        Column("factory", pl.Binary, "contract that made it"),
        _POOL,
        Column("token0", pl.Binary, "contract of the lower address"),
        Column("token1", pl.Binary, "contract of the higher address"),
        Column("fee", pl.UInt32, "millionths of the amount in; null for uniswap_v2", nullable=True),
        Column("tick_spacing", pl.Int32, "uniswap_v3 only", nullable=True),
    ),
)

SWAPS = Table(
    "swaps",
    "one row a swap; a flash swap pays one token out and the same token in",
    (
        *_PLACE,
        _AMM,
        _POOL,
        _SENDER,
        Column("recipient", pl.Binary, "who is paid"),
        *amount("amount0_in", "token0 that the pool received"),
        *amount("amount1_in", "token1 that the pool received"),
        *amount("amount0_out", "token0 that the pool paid"),
        *amount("amount1_out", "token1 that the pool paid"),
        Column("sqrt_price_x96", pl.Binary, "price after it, 32 bytes; uniswap_v3 only", nullable=True),
        Column("liquidity", pl.Binary, "in range after it, 32 bytes; uniswap_v3 only", nullable=True),
        Column("tick", pl.Int32, "after it; uniswap_v3 only", nullable=True),
    ),
)

LIQUIDITY = Table(
    "liquidity",
    "one row a deposit into a pool, or what leaves it again",
    (
        *_PLACE,
        _AMM,
        Column("action", pl.String, "mint | burn | collect (uniswap_v3: burnt amounts and fees leave then)"),
        _POOL,
        Column("sender", pl.Binary, "who called: a router, mostly; null where the log is silent", True),
        Column("owner", pl.Binary, "of the position; uniswap_v3 only", nullable=True),
        Column("recipient", pl.Binary, "who is paid; null where nobody is", nullable=True),
        *amount("amount0", "token0"),
        *amount("amount1", "token1"),
        Column("liquidity", pl.Binary, "minted or burnt, 32 bytes; uniswap_v3 only", nullable=True),
        Column("tick_lower", pl.Int32, "uniswap_v3 only", nullable=True),
        Column("tick_upper", pl.Int32, "uniswap_v3 only", nullable=True),
    ),
)

RESERVES = Table(
    "reserves",
    "one row a Sync of a Uniswap V2 pool: what it holds from then on",
    (*_PLACE, _POOL, *amount("reserve0", "token0 held"), *amount("reserve1", "token1 held")),
)

LENDING = Table(
    "lending",
    "one row a change of a lending position",
    (
        *_PLACE,
        Column("protocol", pl.String, "aave (V2 and V3)"),
        Column("action", pl.String, "supply | withdraw | borrow | repay"),
        _POOL,
        _TOKEN,
        _USER,
        Column("sender", pl.Binary, "who paid; null for withdraw and borrow", nullable=True),
        Column("recipient", pl.Binary, "who was paid; null for supply and repay", nullable=True),
        *amount("amount", "token units"),
    ),
)

LIQUIDATIONS = Table(
    "liquidations",
    "one row a liquidation of a lending position",
    (
        *_PLACE,
        Column("protocol", pl.String, "aave (V2 and V3) | compound (V2 and its forks)"),
        Column("pool", pl.Binary, "the lending pool; for compound the market of the debt"),
        Column("collateral_token", pl.Binary, "what was seized; for compound the market token"),
        Column(
            "debt_token", pl.Binary, "what was repaid; null for compound: the pool's token", nullable=True
        ),
        Column("user", pl.Binary, "whose position was liquidated"),
        Column("liquidator", pl.Binary, "who repaid and was paid"),
        *amount("debt_amount", "repaid"),
        *amount("collateral_amount", "seized"),
    ),
)

FLASH_LOANS = Table(
    "flash_loans",
    "one row a token lent and paid back inside a transaction",
    (
        *_PLACE,
        _INDEX_IN_LOG,
        Column("protocol", pl.String, "aave | balancer | erc3156 | uniswap_v3"),
        Column("lender", pl.Binary, "contract that lent"),
        Column("token", pl.Binary, "null for uniswap_v3: token0 or token1, as `index_in_log` says", True),
        Column("initiator", pl.Binary, "who asked for it, where the log says", nullable=True),
        Column("recipient", pl.Binary, "who received it"),
        *amount("amount", "lent"),
        *amount("fee", "paid beyond it"),
    ),
)

MIXERS = Table(
    "mixers",
    "one row a note paid into a mixer of the shape of Tornado Cash, or paid out",
    (
        *_PLACE,
        Column("action", pl.String, "deposit | withdraw"),
        Column("pool", pl.Binary, "the mixer's contract"),
        Column("note", pl.Binary, "32 bytes: its commitment, or when it is paid out its nullifier"),
        Column("recipient", pl.Binary, "who is paid; null for deposit", nullable=True),
        Column("relayer", pl.Binary, "zero address where there is none; null for deposit", nullable=True),
        *amount("fee", "what the relayer gets, units of the pool's asset", nullable=True),
    ),
)

VAULTS = Table(
    "vaults",
    "one row a deposit into an ERC-4626 vault or a withdrawal",
    (
        *_PLACE,
        Column("action", pl.String, "deposit | withdraw"),
        Column("vault", pl.Binary, "the vault, which is its share token too"),
        _SENDER,
        Column("owner", pl.Binary, "of the shares"),
        Column("recipient", pl.Binary, "who is paid; null for deposit", nullable=True),
        *amount("assets", "units of the vault's asset"),
        *amount("shares", "units of the vault's share"),
    ),
)

OWNERSHIP = Table(
    "ownership",
    "one row a change of who controls a contract, or of the code behind it",
    (
        *_PLACE,
        Column("action", pl.String, "owner | admin | role_granted | role_revoked | implementation | beacon"),
        Column("address", pl.Binary, "contract that emitted it"),
        Column("before", pl.Binary, "who it was, or who loses the role; null where not said", nullable=True),
        Column("after", pl.Binary, "who it is now; null where a role is revoked", nullable=True),
        Column("role", pl.Binary, "32 bytes; roles only", nullable=True),
        Column("sender", pl.Binary, "who changed the role; roles only", nullable=True),
    ),
)

_GOVERNOR = Column("governor", pl.Binary, "the governor contract")
_PROPOSAL_ID = Column("proposal_id", pl.Binary, "32 bytes")

PROPOSALS = Table(
    "proposals",
    "one row a step of a proposal; where it is created, one row a call that it would make",
    (
        *_PLACE,
        _INDEX_IN_LOG,
        Column("action", pl.String, "create | queue | execute | cancel"),
        _GOVERNOR,
        _PROPOSAL_ID,
        Column("proposer", pl.Binary, "create only", nullable=True),
        Column("target", pl.Binary, "contract that it would call; create only", nullable=True),
        *amount("value", "wei that the call would send; create only", nullable=True),
        Column("input", pl.Binary, "call data; create only", nullable=True),
        Column(
            "vote_start", pl.Binary, "block or seconds, by the governor's clock, 32 bytes; create only", True
        ),
        Column(
            "vote_end", pl.Binary, "block or seconds, by the governor's clock, 32 bytes; create only", True
        ),
        Column("eta", pl.Binary, "seconds UTC when it can be executed, 32 bytes; queue only", nullable=True),
    ),
)

VOTES = Table(
    "votes",
    "one row a vote cast with a governor",
    (
        *_PLACE,
        _GOVERNOR,
        _PROPOSAL_ID,
        Column("voter", pl.Binary, "who votes"),
        Column("support", pl.UInt8, "0 against, 1 for, 2 abstain, as most governors count"),
        *amount("weight", "votes"),
    ),
)

DELEGATIONS = Table(
    "delegations",
    "one row a change of who votes for whom, or of how many votes somebody has",
    (
        *_PLACE,
        Column("action", pl.String, "delegate | votes"),
        _TOKEN,
        Column("delegator", pl.Binary, "whose votes; delegate only", nullable=True),
        Column("previous_delegate", pl.Binary, "who had them, zero = nobody; delegate only", nullable=True),
        Column("delegate", pl.Binary, "who has them now"),
        *amount("previous_votes", "before; votes only", nullable=True),
        *amount("votes", "after; votes only", nullable=True),
    ),
)

EVENT_TABLES = (
    APPROVALS,
    POOLS,
    SWAPS,
    LIQUIDITY,
    RESERVES,
    LENDING,
    LIQUIDATIONS,
    FLASH_LOANS,
    VAULTS,
    MIXERS,
    OWNERSHIP,
    PROPOSALS,
    VOTES,
    DELEGATIONS,
)
