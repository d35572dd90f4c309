"""Which of what waits goes into the hypothetical block, in which order: as a block's builder would choose."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.live.mempool.waiting import Waiting

MOST_TRANSACTIONS = 300
"""In one hypothetical block, the best paid first: about two of Ethereum's blocks."""

MOST_BYTES = 1_000_000
"""Of call data in it."""

MOST_BLOCKS_OF_GAS = 4
"""The gas limits in it sum up to at most so many blocks' gas."""

BEYOND_CAP, UNPAYABLE, GAP, UNDERPRICED, TOO_MUCH_GAS = (
    "beyond the cap", "cannot pay", "nonce gap", "below the base fee", "more gas than a block has",
)  # fmt: skip
"""Why a transaction is left out."""


@dataclass(frozen=True, slots=True)
class Account:
    """A sender at the head: its next nonce, and what it holds in wei."""

    nonce: int
    wei: int


@dataclass(slots=True)
class Chosen:
    """The transactions in their order, and how many were left out, by reason."""

    transactions: list[Waiting] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def best_paid(waiting: Iterable[Waiting], base_fee: int) -> tuple[list[Waiting], int]:
    """Those that may come into question at all, by sender and nonce, so that not all senders of a flooded
    pool are asked for; and how many were not looked at. Whoever flooded it for nothing is dropped first.
    """
    once = {each.hash: each for each in waiting}.values()
    ranked = sorted(once, key=lambda each: (-each.price(base_fee), each.hash))
    return ranked[: 4 * MOST_TRANSACTIONS], max(0, len(ranked) - 4 * MOST_TRANSACTIONS)


def choose(
    waiting: Sequence[Waiting], accounts: Mapping[str, Account], base_fee: int, block_gas: int
) -> Chosen:
    """Each sender's transactions by nonce without a gap, those first that pay most for a unit of gas; of two
    with one nonce the one that pays more.
    """
    chosen = Chosen()
    queues = {
        sender: _payable(own, accounts[sender], base_fee, block_gas, chosen.left_out)
        for sender, own in _by_sender(waiting).items()
    }
    heads = [_ranked(queue, base_fee) for queue in queues.values() if queue]
    heapq.heapify(heads)
    gas = size = 0
    while heads:
        _, _, first = heapq.heappop(heads)
        queue = queues[first.sender]
        gas, size = gas + first.gas, size + len(first.input) // 2
        full = len(chosen.transactions) >= MOST_TRANSACTIONS or size > MOST_BYTES
        if full or gas > MOST_BLOCKS_OF_GAS * block_gas:
            chosen.left_out[BEYOND_CAP] += len(queue)
            gas, size = gas - first.gas, size - len(first.input) // 2
            continue
        chosen.transactions.append(queue.pop(0))
        if queue:
            heapq.heappush(heads, _ranked(queue, base_fee))
    return chosen


def _ranked(queue: Sequence[Waiting], base_fee: int) -> tuple[int, str, Waiting]:
    return -queue[0].price(base_fee), queue[0].hash, queue[0]


def _by_sender(waiting: Iterable[Waiting]) -> dict[str, dict[int, Waiting]]:
    found: dict[str, dict[int, Waiting]] = {}
    for each in waiting:
        own = found.setdefault(each.sender, {})
        if each.nonce not in own or own[each.nonce].fee_cap < each.fee_cap:
            own[each.nonce] = each
    return found


def _payable(
    own: Mapping[int, Waiting], account: Account, base_fee: int, block_gas: int, left_out: Counter[str]
) -> list[Waiting]:
    """A sender's transactions from its next nonce on, up to the first that cannot go into a block."""
    ahead = sorted(nonce for nonce in own if nonce >= account.nonce)
    found: list[Waiting] = []
    wei = account.wei
    for at, nonce in enumerate(ahead):
        each = own[nonce]
        reason = _obstacle(each, account.nonce + at, wei, base_fee, block_gas)
        if reason is not None:
            left_out[reason] += len(ahead) - at
            break
        wei -= each.most_wei
        found.append(each)
    return found


def _obstacle(each: Waiting, nonce: int, wei: int, base_fee: int, block_gas: int) -> str | None:
    if each.nonce != nonce:
        return GAP
    if each.fee_cap < base_fee:
        return UNDERPRICED
    if each.gas > block_gas:
        return TOO_MUCH_GAS
    return UNPAYABLE if each.most_wei > wei else None
