"""One side of the bridge: a chain of its own, mined block by block, whose newest blocks can be mined anew."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from ingest.localchain.chain.wallet import (
    Address,
    Wallet,
    address_of,
    call_data,
    constructor_data,
    created_address,
)
from ingest.model.errors import NodeMisbehaved
from tests.fixtures.bridges import codes

ETHER = 10**18
GAS = hex(400_000)
DEPLOYING_GAS = hex(4_000_000)
REMEMBERED = 16
"""Blocks that can be mined anew, at the most."""

RICH = hex(10_000 * ETHER)


@dataclass(frozen=True, slots=True)
class Coin:
    """A coin on both sides; `minted_here`: it stands here for what is locked on the other side."""

    name: str
    symbol: str
    minted_here: bool
    decimals_here: int = 18
    decimals_there: int = 18


HARBOUR = Coin("Harbour Coin", "HBR", minted_here=True)
DRIFTWOOD = Coin("Driftwood", "DRW", minted_here=True)
DOLLAR = Coin("Saltmarsh Dollar", "SMD", minted_here=False, decimals_here=6)
COINS = (HARBOUR, DRIFTWOOD, DOLLAR)
"""The second is worth next to nothing; of the third one unit here is a million millions there."""


@dataclass(slots=True, eq=False)
class Sent:
    """A transaction, and where it came to lie; a reorganisation gives it another block, and a hash."""

    person: Address
    to: Address | None
    data: str
    value: int = 0
    nonce: int = -1
    hash: str = ""
    block: int = 0
    time: int = 0


@dataclass(slots=True)
class Side:
    """A chain with the bridge's contract and its coins. `now` is the time of its newest block, in seconds."""

    url: str
    wallet: Wallet
    name: str
    now: int
    bridge: Address = ""
    coins: dict[Coin, Address] = field(default_factory=dict)
    blocks: dict[int, tuple[Sent, ...]] = field(default_factory=dict)
    _waiting: list[Sent] = field(default_factory=list)
    _rich: dict[Address, int] = field(default_factory=dict)
    _nonces: Counter[Address] = field(default_factory=Counter)
    _states: dict[int, str] = field(default_factory=dict)

    @classmethod
    def open(cls, url: str, name: str) -> Side:
        """Takes over a bare anvil. Nobody else may mine on it."""
        wallet = Wallet.connect(url)
        wallet.ask("anvil_autoImpersonateAccount", True)
        wallet.ask("evm_setAutomine", False)
        head = wallet.ask("eth_getBlockByNumber", "latest", False)
        return cls(url, wallet, name, int(head["timestamp"], 16))

    def deploy(self) -> None:
        """The bridge, then its coins, in one block."""
        builder = address_of(f"builder of the bridge {self.name}")
        self.bridge = created_address(builder, 0)
        sent = [Sent(builder, None, codes()["Harbour"])]
        for at, coin in enumerate(COINS, 1):
            decimals = coin.decimals_here if self.name == "here" else coin.decimals_there
            types = ["address", "string", "string", "uint8"]
            given = [self.bridge, coin.name, coin.symbol, decimals]
            sent.append(Sent(builder, None, constructor_data(codes()["Coin"], types, given)))
            self.coins[coin] = created_address(builder, at)
        self._waiting += sent
        self.mine(self.now + 1)

    @property
    def head(self) -> int:
        return max(self.blocks)

    def bridges(self, person: Address, signature: str, coin: Coin, *arguments: object) -> Sent:
        """A call of the bridge, the coin first, in the next block."""
        return self.sends(person, self.bridge, call_data(signature, self.coins[coin], *arguments))

    def hands(self, person: Address, coin: Coin, to: Address, units: int) -> Sent:
        """A plain payment of a coin."""
        data = call_data("move(address,address,uint256)", person, to, units)
        return self.sends(person, self.coins[coin], data)

    def sends(self, person: Address, to: Address, data: str = "0x", value: int = 0) -> Sent:
        sent = Sent(person, to, data, value)
        self._waiting.append(sent)
        return sent

    def copies(self, sent: Sent) -> None:
        """What was sent on another chain is sent on this one too."""
        self._waiting.append(replace(sent))

    def holds(self, coin: Coin, who: Address) -> int:
        data = call_data("balanceOf(address)", who)
        return int(self.wallet.ask("eth_call", {"to": self.coins[coin], "data": data}, "latest"), 16)

    def mine(self, at: int) -> None:
        """Whatever waits goes into one block of time `at`. Raises NodeMisbehaved where any of it fails."""
        sent, self._waiting = self._waiting, []
        self._put(sent, at)

    def reorganise(self, depth: int) -> None:
        """The newest `depth` blocks are mined anew with the same transactions, a second later each, and an
        empty one on top, so that the new chain is the longer one.
        """
        old = [(number, self.blocks.pop(number)) for number in sorted(self.blocks)[-depth:]]
        times = [self.wallet.ask("eth_getBlockByNumber", hex(n), False)["timestamp"] for n, _ in old]
        if not self.wallet.ask("evm_revert", self._states.pop(self.head)):
            raise NodeMisbehaved(f"the chain {self.name} has the state of block {self.head} no more")
        self._states[self.head] = self.wallet.ask("evm_snapshot")
        self._rich = {who: since for who, since in self._rich.items() if since <= self.head}
        for time, (_, sent) in zip(times, old, strict=True):
            self._put(list(sent), int(time, 16) + 1)
        self._put([], self.now + 1)

    def _put(self, sent: list[Sent], at: int) -> None:
        """Requests of one batch are carried out in any order: those that depend on others are sent later."""
        for one in sent:
            if one.nonce < 0:
                one.nonce = self._nonces[one.person]
                self._nonces[one.person] += 1
        new = dict.fromkeys(one.person for one in sent if one.person not in self._rich)
        self._rich |= dict.fromkeys(new, max(self.blocks, default=0) + 1)
        self.wallet.ask_all([("anvil_setBalance", [who, RICH]) for who in new])
        hashes = self.wallet.ask_all([("eth_sendTransaction", [_request(one)]) for one in sent])
        self.wallet.ask("evm_setNextBlockTimestamp", hex(at))
        self.wallet.ask("anvil_mine", "0x1")
        number = int(self.wallet.ask("eth_blockNumber"), 16)
        self.now, self._states[number] = at, self.wallet.ask("evm_snapshot")
        self._states.pop(number - REMEMBERED, None)
        for one, hash_ in zip(sent, hashes, strict=True):
            one.hash, one.block, one.time = hash_, number, at
        self.blocks[number] = tuple(sent)
        self._check(sent)

    def _check(self, sent: list[Sent]) -> None:
        receipts = self.wallet.ask_all([("eth_getTransactionReceipt", [one.hash]) for one in sent])
        for one, receipt in zip(sent, receipts, strict=True):
            if receipt is None or receipt["status"] != "0x1" or int(receipt["blockNumber"], 16) != one.block:
                raise NodeMisbehaved(f"the chain {self.name} did not carry out {one.hash} of {one.person}")


def _request(sent: Sent) -> dict[str, Any]:
    to = {} if sent.to is None else {"to": sent.to}
    gas = DEPLOYING_GAS if sent.to is None else GAS
    plain = {"from": sent.person, "data": sent.data, "value": hex(sent.value), "nonce": hex(sent.nonce)}
    return {**plain, "gas": gas, **to}
