"""Blocks of mainnet's size and mix, made without a node: payments, token transfers, swaps, approvals, others.

A stated generator, not a recording: what is like mainnet are the counts, the shares of kinds, who comes back
and who is new. Nothing that happens in it is meant but an address poisoning each `poisoned` blocks; whatever
else is found is chance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest import schema
from ingest.decode.shapes import signature
from ingest.model.batch import Batch
from tests.bench.soak.population import (
    Bytes,
    Ints,
    Population,
    addresses,
    hashes,
    mixed,
    padded,
    words,
)

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

CHAIN, DAY, BEGIN = 1, 86_400, 1_700_000_000
CHUNK = 100
"""Blocks that are made at once, and a draw of the dice each."""
WALLET, TOKEN, POOL, CONTRACT, BLOCK, TRANSACTION = range(6)
WRAPPED = np.frombuffer(bytes.fromhex("c02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"), np.uint8)
"""Mainnet's wrapped ether, which each pool holds beside its token."""
_TRANSFER, _APPROVAL, _SYNC, _SWAP, _OTHER = (
    np.frombuffer(each, np.uint8)
    for each in (
        signature("Transfer(address,address,uint256)"),
        signature("Approval(address,address,uint256)"),
        signature("Sync(uint112,uint112)"),
        signature("Swap(address,uint256,uint256,uint256,uint256,address)"),
        signature("Noted(bytes32)"),
    )
)
FEE = 0.003
VICTIMS, FRIENDS, THIEVES = 1 << 40, 1 << 41, 1 << 42
MALLORYS = 50
"""Thieves, who come again; victims and their friends are others each time."""
SWAP_LOGS, OTHER_LOGS = 4, 4
"""Logs of a swap (in, out, reserves, swap) and of a call that nobody decodes."""


@dataclass(frozen=True, slots=True)
class Mix:
    """Of a block, one transaction each: payments of the coin, transfers of tokens, swaps (two transfers
    each), approvals, and calls with four events that nobody decodes. `pulled`: of transfers, the share that
    another than the payer signed.
    """

    native: int = 37
    transfers: int = 100
    swaps: int = 15
    approvals: int = 40
    others: int = 20
    pulled: float = 0.02

    @property
    def moved(self) -> int:
        """Transfers of the coin and of tokens."""
        return self.native + self.transfers + 2 * self.swaps

    @property
    def said(self) -> int:
        """Events that move nothing."""
        return 2 * self.swaps + self.approvals + OTHER_LOGS * self.others

    @property
    def transactions(self) -> int:
        return self.native + self.transfers + self.swaps + self.approvals + self.others

    @property
    def logs(self) -> int:
        return self.transfers + SWAP_LOGS * self.swaps + self.approvals + OTHER_LOGS * self.others


DAILY = Mix()
"""167 transfers and 150 other events a block: 1.2 million transfers in 7,200 blocks."""
BUSY = Mix(native=50, transfers=160, swaps=20)
"""250 transfers and 160 other events a block."""


@dataclass(frozen=True)
class Frames:
    """The blocks of a seed. With fewer blocks a day each stands for more time: horizons come sooner."""

    seed: int = 1
    blocks_a_day: int = 7_200
    mix: Mix = DAILY
    people: Population = field(default_factory=Population)
    tokens: int = 20_000
    new_token_blocks: int = 10
    pools: int = 2_000
    poisoned: int = 50
    begin: int = BEGIN

    def __post_init__(self) -> None:
        if not 1 <= self.blocks_a_day <= DAY:
            raise ValueError(f"a day has 1 to {DAY} blocks, not {self.blocks_a_day}")

    def time(self, block: int) -> int:
        return self.begin + block * DAY // self.blocks_a_day

    def batch(self, first: int, count: int) -> Batch:
        """Blocks from `first` on; to be asked for in steps of a size, as each step is a draw."""
        return _Drawn(self, np.arange(first, first + count)).batch()


class _Drawn:
    """One draw: columns are in chain order, a block's transactions in the order of `Mix`."""

    def __init__(self, frames: Frames, numbers: Ints) -> None:
        self.frames, self.mix, self.numbers = frames, frames.mix, numbers
        self.dice = np.random.default_rng([frames.seed, int(numbers[0])])
        self.sent = np.repeat(numbers, self.mix.transactions)
        self.index = np.tile(np.arange(self.mix.transactions), numbers.size)
        self.signers = frames.people.payers(self.dice, self.sent)
        self.payees = frames.people.payees(self.dice, self.sent, self.signers)
        self.token = self._tokens()
        self.sells, self.noise = self.dice.random(self.sent.size) < 0.5, self.dice.random(self.sent.size)
        """Of a swap: whether the pool's token is paid in, else wrapped ether; and how much."""
        self._poison()
        self.pool = mixed(self.token, 77).astype(np.int64) % frames.pools

    def batch(self) -> Batch:
        return Batch(self._blocks(), self._transactions(), self._logs())

    def _poison(self) -> None:
        """A victim pays a friend; in the block behind it mallory plants one who looks like the friend."""
        first, every = self.mix.native, self.frames.poisoned
        self.pays = (self.index == first) & (self.sent % every == 0)
        self.plants = (self.index == first + 1) & ((self.sent - 1) % every == 0)
        self.signers[self.pays] = VICTIMS + self.sent[self.pays]
        self.payees[self.pays] = FRIENDS + self.sent[self.pays]
        self.signers[self.plants] = THIEVES + self.sent[self.plants] % MALLORYS
        self.token[self.pays | self.plants] = 0

    def _tokens(self) -> Ints:
        known = self.frames.tokens + self.sent // self.frames.new_token_blocks
        drawn: Ints = self.dice.zipf(1.3, self.sent.size) % known
        return drawn

    @cached_property
    def _kind(self) -> Ints:
        """Of each transaction of a block: 0 native, 1 transfer, 2 swap, 3 approval, 4 other."""
        mix = self.mix
        return np.repeat(np.arange(5), [mix.native, mix.transfers, mix.swaps, mix.approvals, mix.others])

    def _blocks(self) -> pl.DataFrame:
        count, numbers = self.numbers.size, self.numbers
        roots = ("transactions_root", "receipts_root", "state_root")
        columns = dict.fromkeys(roots, [bytes(32)] * count) | {
            "chain_id": [CHAIN] * count,
            "block_number": numbers,
            "block_hash": _binary(hashes(BLOCK, numbers)),
            "parent_hash": _binary(hashes(BLOCK, numbers - 1)),
            "timestamp": self._times(numbers),
            "miner": [bytes(20)] * count,
            "gas_limit": [30_000_000] * count,
            "gas_used": [15_000_000] * count,
            "base_fee_per_gas": [10**9] * count,
            "transaction_count": [self.mix.transactions] * count,
            "log_count": [self.mix.logs] * count,
            "proof": ["header"] * count,
        }
        return schema.conform(schema.BLOCKS, pl.DataFrame(columns, strict=False))

    def _times(self, numbers: Ints) -> Ints:
        return self.frames.begin + numbers * DAY // self.frames.blocks_a_day

    def _transactions(self) -> pl.DataFrame:
        count, kind = self.sent.size, np.tile(self._kind, self.numbers.size)
        wei = np.where(kind == 0, np.floor(self.dice.lognormal(39.0, 2.0, count)), 0.0)
        to = addresses(WALLET, self.payees)
        called = addresses(CONTRACT, self.token)
        to[kind != 0] = called[kind != 0]
        columns = {
            "chain_id": np.full(count, CHAIN),
            "block_number": self.sent,
            "timestamp": self._times(self.sent),
            "transaction_index": self.index,
            "transaction_hash": _binary(self._hashes(self.sent, self.index)),
            "from_address": _binary(addresses(WALLET, self.signers)),
            "to_address": _binary(to),
            "value": _binary(words(wei)),
            "value_float": wei,
            "nonce": np.zeros(count, np.int64),
            "transaction_type": np.full(count, 2),
            "gas_limit": np.full(count, 100_000),
            "input": pl.repeat(b"", count, dtype=pl.Binary, eager=True),
            "status": np.ones(count, np.int64),
            "gas_used": np.full(count, 50_000),
            "effective_gas_price": np.full(count, 10**9),
            "contract_address": pl.repeat(None, count, dtype=pl.Binary, eager=True),
        }
        return schema.conform(schema.TRANSACTIONS, pl.DataFrame(columns, strict=False))

    def _hashes(self, blocks: Ints, index: Ints) -> Bytes:
        return hashes(TRANSACTION, blocks * 100_000 + index)

    def _logs(self) -> pl.DataFrame:
        each = np.select([self._kind == 0, self._kind == 2, self._kind == 4], [0, SWAP_LOGS, OTHER_LOGS], 1)
        of = np.repeat(np.arange(self.sent.size), np.tile(each, self.numbers.size))
        steps = np.tile(np.concatenate([np.arange(logs) for logs in each]), self.numbers.size)
        kind = np.tile(np.repeat(self._kind, each), self.numbers.size)
        logs = _Logs(self, of, steps, kind)
        blocks, per = self.sent[of], self.mix.logs
        columns = {
            "chain_id": np.full(of.size, CHAIN),
            "block_number": blocks,
            "transaction_index": self.index[of],
            "transaction_hash": _binary(self._hashes(blocks, self.index[of])),
            "log_index": np.tile(np.arange(per), self.numbers.size),
            **logs.columns(),
        }
        return schema.conform(schema.LOGS, pl.DataFrame(columns, strict=False))


class _Logs:
    """What the events say. `of`: each one's transaction; `step`: its place in that; `kind`: of `_kind`."""

    def __init__(self, drawn: _Drawn, of: Ints, step: Ints, kind: Ints) -> None:
        self.drawn, self.of, self.kind, self.step = drawn, of, kind, step
        self.swap = np.where(kind == 2, step, -1)
        self.token = drawn.token[of]
        self.dice = drawn.dice
        self.pool = addresses(POOL, drawn.pool[of])
        self.signer = addresses(WALLET, drawn.signers[of])
        self.sells = drawn.sells[of]

    def columns(self) -> dict[str, pl.Series]:
        topic0, address = self._topic0(), self._address()
        topic1, topic2 = self._ends()
        named = (self.kind == 1) | (self.kind == 3) | np.isin(self.swap, (0, 1, 3))
        return {
            "address": _binary(address),
            "topic0": _binary(topic0),
            "topic1": _where(named, _binary(padded(topic1))),
            "topic2": _where(named, _binary(padded(topic2))),
            "topic3": pl.repeat(None, self.of.size, dtype=pl.Binary, eager=True),
            "data": self._data(),
        }

    @cached_property
    def token_first(self) -> Flags:
        """Whether the token is the pool's token0: the lower address is."""
        first = _of_pool_token(self.drawn.pool[self.of])[:, :8].copy().view(">u8").reshape(-1)
        lower: Flags = first.astype(np.uint64) < WRAPPED[:8].copy().view(">u8").astype(np.uint64)[0]
        return lower

    def _topic0(self) -> Bytes:
        found = np.broadcast_to(_OTHER, (self.of.size, 32)).copy()
        found[(self.kind == 1) | np.isin(self.swap, (0, 1))] = _TRANSFER
        found[self.kind == 3] = _APPROVAL
        found[self.swap == 2] = _SYNC
        found[self.swap == 3] = _SWAP
        return found

    def _address(self) -> Bytes:
        found = addresses(TOKEN, self.token)
        swapped = _of_pool_token(self.drawn.pool[self.of])
        pays_token = np.where(self.swap == 0, self.sells, ~self.sells)
        wrapped = np.broadcast_to(WRAPPED, swapped.shape)
        moved = np.where(pays_token[:, None], swapped, wrapped)
        found[np.isin(self.swap, (0, 1))] = moved[np.isin(self.swap, (0, 1))]
        found[self.swap >= 2] = self.pool[self.swap >= 2]
        found[self.kind == 4] = addresses(CONTRACT, self.token)[self.kind == 4]
        return found

    def _ends(self) -> tuple[Bytes, Bytes]:
        """From whom and to whom; owner and spender; who called a pool and who is paid by it."""
        source, target = self.signer.copy(), addresses(WALLET, self.drawn.payees[self.of])
        others = self.drawn.frames.people.payers(self.dice, self.drawn.sent[self.of])
        pulled = (self.kind == 1) & (self.dice.random(self.of.size) < self.drawn.mix.pulled)
        source[pulled] = addresses(WALLET, others)[pulled]
        target[self.swap == 0] = self.pool[self.swap == 0]
        source[self.swap == 1] = self.pool[self.swap == 1]
        back = np.isin(self.swap, (1, 3))
        target[back] = self.signer[back]
        self._plant(source, target)
        spends = self.kind == 3
        target[spends] = addresses(CONTRACT, mixed(self.token, 9).astype(np.int64) % 5_000)[spends]
        return source, target

    def _plant(self, source: Bytes, target: Bytes) -> None:
        """Nothing moves from the victim to an address with the first and last three bytes of the friend's."""
        pays, plants = self.drawn.pays[self.of], self.drawn.plants[self.of]
        source[pays] = self.signer[pays]
        about = self.drawn.sent[self.of][plants] - 1
        friends, lookalikes = addresses(WALLET, FRIENDS + about), addresses(WALLET, THIEVES + about)
        lookalikes[:, :3], lookalikes[:, -3:] = friends[:, :3], friends[:, -3:]
        source[plants], target[plants] = addresses(WALLET, VICTIMS + about), lookalikes

    def _data(self) -> pl.Series:
        """One word for most, two of reserves, four of a swap."""
        amounts = np.floor(self.dice.lognormal(20.0, 3.0, self.of.size))
        paid, got, held = self._traded()
        amounts[self.swap == 0] = paid[self.swap == 0]
        amounts[self.swap == 1] = got[self.swap == 1]
        amounts[self.drawn.plants[self.of]] = 0.0
        found = _binary(words(amounts))
        into_first = self.sells == self.token_first
        zero = np.zeros_like(paid)
        in0, in1 = np.where(into_first, paid, zero), np.where(into_first, zero, paid)
        out0, out1 = np.where(into_first, zero, got), np.where(into_first, got, zero)
        return _put(_put(found, self.swap == 2, list(held)), self.swap == 3, [in0, in1, out0, out1])

    def _traded(self) -> tuple[Floats, Floats, tuple[Floats, Floats]]:
        """Of each swap what was paid in and what came out, and reserves after it, by token0 and token1."""
        pool, noise = self.drawn.pool[self.of], self.drawn.noise[self.of]
        tokens = np.exp(40.0 + 10.0 * _even(mixed(pool, 12)))
        coins = np.exp(44.0 + 5.0 * _even(mixed(pool, 13))) * (1.0 + 0.002 * noise)
        before_in, before_out = np.where(self.sells, tokens, coins), np.where(self.sells, coins, tokens)
        paid = np.floor(before_in * 1e-4 * (0.1 + noise))
        got = np.floor(before_out * paid * (1 - FEE) / (before_in + paid * (1 - FEE)))
        into, out = np.floor(before_in + paid), np.floor(before_out - got)
        into_first = self.sells == self.token_first
        return paid, got, (np.where(into_first, into, out), np.where(into_first, out, into))


def _of_pool_token(pools: Ints) -> Bytes:
    """The token that a pool holds beside wrapped ether."""
    return addresses(TOKEN, pools)


def _even(bits: NDArray[np.uint64]) -> Floats:
    """Numbers from 0 to 1."""
    found: Floats = bits.astype(np.float64) / 2.0**64
    return found


def _binary(rows: Bytes) -> pl.Series:
    return pl.Series(rows).arr.to_list().cast(pl.Binary)


def _where(there: Flags, values: pl.Series) -> pl.Series:
    return pl.select(pl.when(pl.Series(there)).then(values)).to_series()


def _put(values: pl.Series, there: Flags, amounts: list[Floats]) -> pl.Series:
    """Rows that are `there` carry these words instead."""
    data = np.concatenate([words(each[there]) for each in amounts], axis=1)
    return values.scatter(np.flatnonzero(there), _binary(data))
