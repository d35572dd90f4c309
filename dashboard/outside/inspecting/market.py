"""Pools in the manner of Uniswap V2: found on the chain or made on the fork, and traded with directly."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.outside.inspecting.fork import Fork
from dashboard.outside.inspecting.stage import POOLED, Stage, mint, pool
from ingest.localchain.chain.wallet import Address, Refusal, Wallet, call_data
from ingest.localchain.world.pools import amount_out

_PAIR_CREATED = "0x0d3648bd0f6ba80134a33ba9275ac585d9d315f0ad8355cddefde31afa28d0e9"
_MOST_PAIRS = 20


@dataclass(frozen=True, slots=True)
class Market:
    """A pool of `token` against `quote`."""

    pair: Address
    token: Address
    quote: Address
    token_is_first: bool

    def reserves(self, fork: Fork) -> tuple[int, int]:
        """Of the token and of the quote, in units."""
        answer = fork.ask(self.pair, call_data("getReserves()")) or bytes(96)
        first, second = (int.from_bytes(answer[i : i + 32], "big") for i in (0, 32))
        return (first, second) if self.token_is_first else (second, first)

    def swap_out(self, bought: Address, units: int, to: Address) -> str:
        """The call of the pool by which it pays so much, once it was paid."""
        first = (bought == self.token) == self.token_is_first
        amounts = (units, 0) if first else (0, units)
        return call_data("swap(uint256,uint256,address,bytes)", *amounts, to, b"")

    def price_of(self, fork: Fork, sold: Address, units: int) -> int:
        """What the pool gives for so much that really arrives."""
        token, quote = self.reserves(fork)
        into, out = (token, quote) if sold == self.token else (quote, token)
        return amount_out(units, into, out) if into and units > 0 else 0

    def trade(self, fork: Fork, who: Address, sold: Address, units: int) -> bool:
        """Pays the pool and takes what it owes for what arrived; False where either fails."""
        bought = self.quote if sold == self.token else self.token
        before = fork.held(self.pair, sold)
        if not fork.send(who, sold, call_data("transfer(address,uint256)", self.pair, units)).ok:
            return False
        due = self.price_of(fork, sold, fork.held(self.pair, sold) - before)
        return due > 0 and fork.send(who, self.pair, self.swap_out(bought, due, who)).ok


def market_at(fork: Fork, pair: Address, token: Address) -> Market | None:
    """None where it is no pool of that token, or holds nothing."""
    sides = [fork.view(pair, each) for each in ("token0()", "token1()")]
    if None in sides or int(token, 16) not in sides:
        return None
    first = sides[0] == int(token, 16)
    quote = f"0x{(sides[1] if first else sides[0]) or 0:040x}"
    found = Market(pair, token, quote, first)
    return found if all(found.reserves(fork)) else None


def markets_on_chain(watched: Wallet, fork: Fork, token: Address) -> list[Market]:
    """Pools that any factory announced, the one with the most tokens first. None without logs."""
    word = "0x" + 24 * "0" + token[2:]
    pairs = []
    for topics in ([_PAIR_CREATED, word], [_PAIR_CREATED, None, word]):
        asked = {"fromBlock": "0x0", "toBlock": hex(fork.number), "topics": topics}
        logs = watched.attempt_all([("eth_getLogs", [asked])])[0]
        pairs += (
            [] if isinstance(logs, Refusal) or not logs else ["0x" + each["data"][26:66] for each in logs]
        )
    found = (market_at(fork, each, token) for each in pairs[:_MOST_PAIRS])
    return sorted((each for each in found if each), key=lambda each: -each.reserves(fork)[0])


def made_market(fork: Fork, stage: Stage, token: Address, giver: Address) -> Market | None:
    """A new pool of half of what `giver` has of it against stand-in money. None where that is nothing."""
    half = fork.held(giver, token) // 2
    if half < 10**6:
        return None
    pair = pool(fork, stage.hand, stage.factory, token, stage.money)
    fork.send(giver, token, call_data("transfer(address,uint256)", pair, half))
    mint(fork, stage.hand, stage.money, pair, POOLED)
    fork.send(giver, pair, call_data("mint(address)", giver))
    return market_at(fork, pair, token)
