"""Rows turned back into the frames that `ingest.decode` makes: nothing of them may be lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from detectors.kernels.decoding import Kind, Rows
from detectors.kernels.decoding.program import ADDRESSES, SMALL
from ingest import schema
from ingest.decode import amount_float
from ingest.model.batch import Batch


@dataclass(frozen=True)
class Always:
    """A column that is the same in every row of a kind."""

    value: object


Columns = dict[str, str | Always]
Values = Sequence[object]


def same(*names: str) -> Columns:
    return {name: name for name in names}


MOVED: Columns = {"token": "asset", "from_address": "source", "to_address": "target", "amount": "amount"}
ALLOWED: Columns = {
    "address": "emitter",
    "token": "asset",
    "owner": "source",
    "spender": "target",
    "approved": "flag",
}
MADE: Columns = {"factory": "emitter", "pool": "target", "token0": "asset", "token1": "third"}
SWAPPED: Columns = {
    "pool": "emitter", "sender": "source", "recipient": "target", "amount0_in": "amount",
    "amount1_in": "amount2", "amount0_out": "amount3", "amount1_out": "amount4",
}  # fmt: skip
PROVIDED: Columns = {"pool": "emitter", "amount0": "amount", "amount1": "amount2"}
TICKS: Columns = {"tick_lower": "small", "tick_upper": "small2"}
POSITION: Columns = {"pool": "emitter", "token": "asset", "user": "third", "amount": "amount"}
SEIZED: Columns = {
    "pool": "emitter", "collateral_token": "asset", "user": "source", "liquidator": "target",
    "debt_amount": "amount2", "collateral_amount": "amount",
}  # fmt: skip
LENT: Columns = {"lender": "emitter", "recipient": "target", "amount": "amount", "fee": "amount2"}
HELD: Columns = {
    "vault": "emitter",
    "sender": "source",
    "owner": "third",
    "assets": "amount",
    "shares": "amount2",
}
NOTED: Columns = {"pool": "emitter", "note": "item"}
CONTROLLED: Columns = {"address": "emitter"}
STEP: Columns = {"governor": "emitter", "proposal_id": "item"}
CALLED: Columns = {
    "proposer": "source", "target": "target", "value": "amount", "input": "input", "vote_start": "amount3",
    "vote_end": "amount4",
}  # fmt: skip


def said(**columns: str) -> Columns:
    return {name: Always(value) for name, value in columns.items()}


V2, V3, AAVE, COMPOUND = (said(protocol=name) for name in ("uniswap_v2", "uniswap_v3", "aave", "compound"))

FRAMES: dict[str, dict[Kind, Columns]] = {
    "transfers": {
        Kind.NATIVE: MOVED | {"token": Always(None)} | said(standard="native"),
        Kind.ERC20: MOVED | said(standard="erc20"),
        Kind.ERC721: MOVED | {"token_id": "item"} | said(standard="erc721"),
        Kind.ERC1155: MOVED | {"token_id": "item"} | said(standard="erc1155"),
        Kind.WETH_DEPOSIT: MOVED | said(standard="weth"),
        Kind.WETH_WITHDRAWAL: MOVED | said(standard="weth"),
    },
    "approvals": {
        Kind.APPROVAL_ERC20: ALLOWED | same("amount") | said(standard="erc20", action="approve"),
        Kind.APPROVAL_ERC721: ALLOWED | {"token_id": "item"} | said(standard="erc721", action="approve"),
        Kind.APPROVAL_FOR_ALL: ALLOWED | said(standard="for_all", action="approve"),
        Kind.PERMIT2_APPROVE: ALLOWED
        | {"amount": "amount", "expiration": "small"}
        | said(standard="permit2", action="approve"),
        Kind.PERMIT2_PERMIT: ALLOWED
        | {"amount": "amount", "expiration": "small"}
        | said(standard="permit2", action="permit"),
        Kind.PERMIT2_LOCKDOWN: ALLOWED | same("amount") | said(standard="permit2", action="lockdown"),
    },
    "pools": {
        Kind.POOL_V2: MADE | V2,
        Kind.POOL_V3: MADE | V3 | {"fee": "small", "tick_spacing": "small2"},
    },
    "swaps": {
        Kind.SWAP_V2: SWAPPED | V2,
        Kind.SWAP_V3: SWAPPED | V3 | {"sqrt_price_x96": "price", "liquidity": "liquidity", "tick": "small"},
    },
    "liquidity": {
        Kind.MINT_V2: PROVIDED | V2 | said(action="mint") | {"sender": "source"},
        Kind.BURN_V2: PROVIDED | V2 | said(action="burn") | {"sender": "source", "recipient": "target"},
        Kind.MINT_V3: PROVIDED
        | V3
        | TICKS
        | said(action="mint")
        | {"sender": "source", "owner": "third", "liquidity": "liquidity"},
        Kind.BURN_V3: PROVIDED
        | V3
        | TICKS
        | said(action="burn")
        | {"owner": "third", "liquidity": "liquidity"},
        Kind.COLLECT_V3: PROVIDED
        | V3
        | TICKS
        | said(action="collect")
        | {"owner": "third", "recipient": "target"},
    },
    "reserves": {Kind.SYNC: {"pool": "emitter", "reserve0": "amount", "reserve1": "amount2"}},
    "lending": {
        Kind.SUPPLY: POSITION | AAVE | said(action="supply") | {"sender": "source"},
        Kind.WITHDRAW: POSITION | AAVE | said(action="withdraw") | {"recipient": "target"},
        Kind.BORROW: POSITION | AAVE | said(action="borrow") | {"recipient": "target"},
        Kind.REPAY: POSITION | AAVE | said(action="repay") | {"sender": "source"},
    },
    "liquidations": {
        Kind.LIQUIDATION_AAVE: SEIZED | AAVE | {"debt_token": "third"},
        Kind.LIQUIDATION_COMPOUND: SEIZED | COMPOUND,
    },
    "flash_loans": {
        Kind.FLASH_LOAN_AAVE: LENT | AAVE | {"token": "asset", "initiator": "source"},
        Kind.FLASH_LOAN_BALANCER: LENT | said(protocol="balancer") | {"token": "asset"},
        Kind.FLASH_LOAN_ERC3156: LENT | said(protocol="erc3156") | {"token": "asset"},
        Kind.FLASH_V3: LENT | V3 | {"initiator": "source"},
    },
    "vaults": {
        Kind.VAULT_DEPOSIT: HELD | said(action="deposit"),
        Kind.VAULT_WITHDRAW: HELD | said(action="withdraw") | {"recipient": "target"},
    },
    "mixers": {
        Kind.MIXER_DEPOSIT: NOTED | said(action="deposit"),
        Kind.MIXER_WITHDRAWAL: NOTED
        | said(action="withdraw")
        | {"recipient": "target", "relayer": "third", "fee": "amount"},
    },
    "ownership": {
        Kind.OWNER: CONTROLLED | said(action="owner") | {"before": "source", "after": "target"},
        Kind.ADMIN: CONTROLLED | said(action="admin") | {"before": "source", "after": "target"},
        Kind.ROLE_GRANTED: CONTROLLED
        | said(action="role_granted")
        | {"role": "item", "after": "target", "sender": "third"},
        Kind.ROLE_REVOKED: CONTROLLED
        | said(action="role_revoked")
        | {"role": "item", "before": "source", "sender": "third"},
        Kind.IMPLEMENTATION: CONTROLLED | said(action="implementation") | {"after": "target"},
        Kind.BEACON: CONTROLLED | said(action="beacon") | {"after": "target"},
    },
    "proposals": {
        Kind.PROPOSAL_CREATED: STEP | CALLED | said(action="create"),
        Kind.PROPOSAL_QUEUED: STEP | {"eta": "amount2"} | said(action="queue"),
        Kind.PROPOSAL_EXECUTED: STEP | said(action="execute"),
        Kind.PROPOSAL_CANCELLED: STEP | said(action="cancel"),
    },
    "votes": {Kind.VOTE: STEP | {"voter": "source", "support": "small", "weight": "amount"}},
    "delegations": {
        Kind.DELEGATE: said(action="delegate")
        | {"token": "asset", "delegator": "source", "previous_delegate": "third", "delegate": "target"},
        Kind.DELEGATE_VOTES: said(action="votes")
        | {"token": "asset", "delegate": "target", "previous_votes": "amount2", "votes": "amount"},
    },
}


PLACE = (
    "chain_id",
    "block_number",
    "timestamp",
    "transaction_index",
    "transaction_hash",
    "log_index",
    "index_in_log",
)


def frame(table: str, rows: Rows, batch: Batch) -> pl.DataFrame:
    """The rows of one table's kinds, as that table, in the order that they have."""
    shape = schema.TABLES[table].schema
    own = FRAMES[table]
    parts = []
    for kind in own:
        held = rows.kind == kind
        part = _of_kind(shape, own[kind], rows.where(held), batch)
        parts.append(part.with_columns(row=pl.Series(np.flatnonzero(held))))
    whole = pl.concat(parts).sort("row").drop("row")
    floats = [name for name in shape if name.endswith("_float")]
    return whole.with_columns(amount_float(whole[name[:-6]]).alias(name) for name in floats)


def _of_kind(shape: Mapping[str, type[pl.DataType]], own: Columns, rows: Rows, batch: Batch) -> pl.DataFrame:
    made = {}
    for name, kind in shape.items():
        source = own.get(name, Always(None))
        if name in PLACE:
            values = _place(name, rows, batch)
        elif isinstance(source, Always):
            values = [source.value] * len(rows)
        else:
            values = _values(source, rows, batch)
        made[name] = pl.Series(name, values, dtype=kind)
    return pl.DataFrame(made)


def _place(name: str, rows: Rows, batch: Batch) -> Values:
    if name == "chain_id":
        return [batch.chain_id] * len(rows)
    if name.startswith("transaction"):
        return batch.transactions[name].gather(rows.transaction).to_list()
    own = {"block_number": "block", "timestamp": "time"}.get(name, name)
    return list(getattr(rows, own).tolist())


def _values(source: str, rows: Rows, batch: Batch) -> Values:
    if source == "flag":
        return list(rows.flag.tolist())
    if source == "input":
        data = batch.logs["data"].gather(rows.log).to_list()
        places = zip(data, rows.number("small").tolist(), rows.number("small2").tolist(), strict=True)
        return [whole[at : at + size] for whole, at, size in places]
    if source in ADDRESSES:
        return _cut(np.ascontiguousarray(rows.address(source)).tobytes(), 20)
    if source in SMALL:
        return list(rows.number(source).tolist())
    return _cut(rows.word(source).astype(">u8").tobytes(), 32)


def _cut(whole: bytes, size: int) -> Values:
    return [whole[at : at + size] for at in range(0, len(whole), size)]
