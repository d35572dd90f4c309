"""The part `prices` in plain Python, over frames: every state of every pool is kept, and looked back at."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from detectors.parts.prices import Settings
from tests.detectors.parts.plain_pools import COIN

OWN = Settings()
Q96 = 1 << 96


@dataclass
class Pool:
    """By asset what is known to have come and the least there was; at block ends its reserves."""

    tokens: tuple[bytes, bytes] | None = None
    quote: bytes | None = None
    held: tuple[float, float] = (0.0, 0.0)
    sums: dict[bytes, float] = field(default_factory=lambda: defaultdict(float))
    least: dict[bytes, float] = field(default_factory=lambda: defaultdict(float))
    states: list[tuple[int, float, float]] = field(default_factory=list)

    @property
    def side(self) -> int:
        assert self.tokens is not None
        return self.tokens.index(COIN if COIN in self.tokens else self.quote or self.tokens[1])

    def flows(self, asset: bytes, more: float) -> None:
        self.sums[asset] += more
        self.least[asset] = min(self.least[asset], self.sums[asset])

    def note(self, block: int) -> None:
        if self.tokens is None or min(self.held) <= 0:
            return
        money, other = self.held[self.side], self.held[1 - self.side]
        asset = self.tokens[self.side]
        state = (block, money / other, min(self.sums[asset] - self.least[asset], money))
        self.states = [each for each in self.states if each[0] != block] + [state]

    def lasting(self, block: int) -> tuple[float, float]:
        if not self.states or block - self.states[0][0] < OWN.least_blocks:
            return 0.0, 0.0
        begin, stood = block - OWN.window_blocks, list[tuple[float, float, int]]()
        for n, (since, price, depth) in enumerate(self.states):
            until = self.states[n + 1][0] if n + 1 < len(self.states) else block
            if n >= len(self.states) - 8 and until > max(begin, since):
                stood.append((price, depth, until - max(begin, since)))
        each_block = sorted(price for price, _, blocks in stood for _ in range(blocks))
        return each_block[(len(each_block) - 1) // 2], min(depth for _, depth, _ in stood)


@dataclass
class Plain:
    """`take` a transaction after the other; `price` before the block that is about to begin."""

    pools: dict[bytes, Pool] = field(default_factory=dict)

    def in_coin(self, asset: bytes, block: int) -> tuple[float, float]:
        return max(
            (self.pools[p].lasting(block) for p in self.pools if self._is(p, asset, COIN)),
            key=lambda said: said[1],
            default=(0.0, 0.0),
        )

    def price(self, asset: bytes, block: int) -> tuple[float, float] | None:
        best = self.in_coin(asset, block)
        for pool in self.pools.values():
            if pool.tokens and asset in pool.tokens and COIN not in pool.tokens and pool.quote != asset:
                (quote,) = set(pool.tokens) - {asset}
                rate, held = self.in_coin(quote, block)
                price, depth = pool.lasting(block)
                if pool.quote == quote and held >= OWN.quote_wei and min(depth * rate, held) > best[1]:
                    best = price * rate, min(depth * rate, held)
        return best if best[1] >= OWN.least_wei else None

    def _is(self, pool: bytes, asset: bytes, quote: bytes) -> bool:
        tokens = self.pools[pool].tokens
        return tokens is not None and set(tokens) == {asset, quote}

    def take(self, block: int, changes: list[tuple[bytes, bytes, int]], states: Any, tokens: Any) -> None:
        """Of one transaction: account, asset and change; pool and what it holds; pool and its tokens."""
        spoke = {pool for pool, _ in states}
        for account, asset, more in changes:
            priced = asset == COIN or self.in_coin(asset, block)[1] >= OWN.quote_wei
            rate = 1.0 if asset == COIN else self.in_coin(asset, block)[0]
            known = account in self.pools
            if not known and not (account in spoke and priced and abs(more) * rate >= OWN.dust_wei):
                continue
            pool = self.pools.setdefault(account, Pool())
            if asset != COIN and pool.quote is None and priced:
                pool.quote = asset
            if asset in (COIN, pool.quote):
                pool.flows(asset, float(more))
        for where, pair in tokens:
            pool = self.pools.get(where, Pool())
            if pool.tokens != pair or not {COIN, pool.quote} & set(pair):
                pool.states, pool.tokens = [], pair
                if not {COIN, pool.quote} & set(pair):
                    pool.quote = None
                    pool.sums.clear()
                    pool.least.clear()
        for where, held in states:
            if where in self.pools and held is not None:
                self.pools[where].held = held
        for where in {account for account, _, _ in changes} | spoke:
            if where in self.pools:
                self.pools[where].note(block)
