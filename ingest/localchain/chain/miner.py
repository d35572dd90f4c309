"""Puts transactions into blocks, one block at a time, and follows the chain when it is reorganised.

Order inside a block is exact: anvil sorts by fee cap, so each transaction bids one wei less than the one
before it. The same transactions on the same chain give the same block hashes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ingest.localchain.chain.actions import Asset, Transaction
from ingest.localchain.chain.journal import Holding, Journal, take_back
from ingest.localchain.chain.wallet import Address, Refusal, Request, Wallet, call_data

BLOCK_SECONDS = 12
BLOCK_GAS = 150_000_000
"""The block gas limit that is set on the node: room for 150 transactions that each state a generous limit."""

REMEMBERED_BLOCKS = 128
"""How deep a reorganisation may go for its lost transactions to be sent again."""

_LEAST_FEE_CAP = 5 * 10**9


@dataclass(frozen=True, slots=True)
class Mined:
    """What became of a transaction. `created` is the contract it deployed."""

    hash: str
    block: int
    ok: bool
    created: Address | None


NOT_MINED = Mined("", 0, False, None)


@dataclass(frozen=True, slots=True)
class Waits:
    """How transactions wait before they are mined: in the node's pool, while `blocks` - 1 blocks come without
    them; those at the places `private` come into it just before they are mined. `look` is called on each
    head while they wait.
    """

    blocks: int
    private: frozenset[int]
    look: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Block:
    """What was put into a block: balances set before it, requests by transaction hash, and the seconds that
    passed since the block before."""

    gifts: dict[Address, int]
    sent: dict[str, dict[str, str]]
    gap: int
    firsts: tuple[Holding, ...] = ()
    number: int = 0
    hash: str = ""


@dataclass(slots=True)
class Miner:
    """The only one who mines on its chain. `fee_cap`: wei per unit of gas, for the whole run."""

    wallet: Wallet
    fee_cap: int
    where: dict[str, int] = field(default_factory=dict)
    """The block of each transaction of the last `REMEMBERED_BLOCKS` blocks, and of those that are kept."""
    head: int = 0
    time: int = 0
    """Seconds UTC of the newest block."""
    keep: set[str] = field(default_factory=set)
    """Hashes whose block is looked up later than that."""
    remembers: int = REMEMBERED_BLOCKS
    """Blocks whose transactions are looked up: more where blocks without any come between."""
    _tip: str = ""
    _gap: int = BLOCK_SECONDS
    _nonces: dict[Address, int] = field(default_factory=dict)
    _gifts: dict[Address, int] = field(default_factory=dict)
    _recent: deque[_Block] = field(default_factory=deque)
    _journal: Journal = field(default_factory=Journal)
    _held: dict[Holding, int] = field(default_factory=dict)
    """What was asked for since the newest block: many actors look at the same people."""

    @classmethod
    def start(cls, url: str) -> Miner:
        """Takes over the mining of the anvil at `url`. Raises NodeUnreachable; BadInput if not anvil."""
        wallet = Wallet.connect(url)
        wallet.require_anvil()
        wallet.ask_all(
            [
                ("evm_setAutomine", [False]),
                ("anvil_dropAllTransactions", []),
                ("evm_setIntervalMining", [0]),
                ("anvil_autoImpersonateAccount", [True]),
                ("anvil_setBlockTimestampInterval", [BLOCK_SECONDS]),
                ("evm_setBlockGasLimit", [hex(BLOCK_GAS)]),
            ]
        )
        head = _head(wallet)
        cap = max(_LEAST_FEE_CAP, 4 * int(head["baseFeePerGas"], 16))
        number, time = int(head["number"], 16), int(head["timestamp"], 16)
        return cls(wallet, cap, head=number, time=time, _tip=head["hash"])

    @property
    def chain_id(self) -> int:
        return int(self.wallet.ask("eth_chainId"), 16)

    def reorganise(self, depth: int) -> None:
        """Has the node replace its newest `depth` blocks by empty ones; what was in them comes again."""
        self._held.clear()
        self.wallet.ask("anvil_reorg", depth, [])

    def fee(self, *gas: int) -> int:
        """The most wei that transactions with these gas limits can cost."""
        return sum(gas) * self.fee_cap

    def give(self, address: Address, wei: int) -> None:
        """An old wallet's money, from before the story: set, not sent, just before the next block."""
        self._gifts[address] = wei

    def place(self, codes: Mapping[Address, str]) -> None:
        """Sets runtime code at each address, as if it had always been there."""
        self.wallet.ask_all([("anvil_setCode", [address, code]) for address, code in codes.items()])

    def let_pass(self, seconds: int) -> None:
        """The next block comes so many seconds of block time after the newest, at least 12."""
        self._gap = max(seconds, BLOCK_SECONDS)

    def ask(self, to: Address, signature: str, *arguments: Any) -> bytes:
        """What a contract answers to a call in the newest state. Raises NodeMisbehaved where it reverts."""
        call = {"to": to, "data": call_data(signature, *arguments)}
        return bytes.fromhex(self.wallet.ask("eth_call", call, "latest")[2:])

    def number(self, to: Address, signature: str, *arguments: Any) -> int:
        """As `ask`, the first 32 bytes of the answer as an unsigned integer."""
        return int.from_bytes(self.ask(to, signature, *arguments)[:32], "big")

    def holdings(self, wanted: Iterable[tuple[Asset, Address]]) -> list[int]:
        """What each address holds of each asset at the head, in wei or token units."""
        asked = [(asset.address, address) for asset, address in wanted]
        new = [one for one in dict.fromkeys(asked) if one not in self._held]
        answers = self.wallet.ask_all([_balance_of(token, address) for token, address in new])
        self._held |= {one: int(answer, 16) for one, answer in zip(new, answers, strict=True)}
        return [self._held[one] for one in asked]

    def supply(self, token: Address) -> int:
        """The `totalSupply` of an ERC-20 or enumerable ERC-721."""
        return self.number(token, "totalSupply()")

    def has_code(self, addresses: Sequence[Address]) -> list[bool]:
        answers = self.wallet.ask_all([("eth_getCode", [address, "latest"]) for address in addresses])
        return [answer != "0x" for answer in answers]

    def nonce(self, address: Address) -> int:
        return int(self.wallet.ask("eth_getTransactionCount", address, "latest"), 16)

    def mine(self, transactions: Sequence[Transaction], waits: Waits | None = None) -> list[Mined]:
        """One block with these, in this order, after they have waited. What the node would not take is
        `NOT_MINED` in the answer.
        """
        self._follow()
        gifts, self._gifts = self._gifts, {}
        self._set_balances(gifts)
        self._journal.give(gifts)
        requests = self._requests(transactions)
        hashes = self._send(requests) if waits is None else self._send_early(requests, waits)
        sent = {hash_: request for hash_, request in zip(hashes, requests, strict=True) if hash_}
        gap, self._gap = self._gap, BLOCK_SECONDS
        receipts = self._mine_block(_Block(gifts, sent, gap, self._journal.firsts(sent.values())))
        if missing := sent.keys() - receipts.keys():
            self._follow()
            receipts |= self._receipts_elsewhere(missing)
        self._withdraw(requests, hashes, receipts)
        return [_mined(receipts[hash_]) if hash_ in receipts else NOT_MINED for hash_ in hashes]

    def _requests(self, transactions: Sequence[Transaction]) -> list[dict[str, str]]:
        strangers = sorted({t.sender for t in transactions} - self._nonces.keys())
        counts = self.wallet.ask_all([("eth_getTransactionCount", [a, "latest"]) for a in strangers])
        self._nonces |= {a: int(count, 16) for a, count in zip(strangers, counts, strict=True)}
        requests = []
        for position, transaction in enumerate(transactions):
            nonce = self._nonces[transaction.sender]
            self._nonces[transaction.sender] = nonce + 1
            requests.append(_request(transaction, nonce, self.fee_cap - position))
        return requests

    def _send(self, requests: Iterable[dict[str, str]]) -> list[str]:
        """The hash of each; empty where the node refused it."""
        answers = self.wallet.attempt_all([("eth_sendTransaction", [request]) for request in requests])
        return ["" if isinstance(answer, Refusal) else answer for answer in answers]

    def _send_early(self, requests: Sequence[dict[str, str]], waits: Waits) -> list[str]:
        """The hashes as `_send` has them. anvil mines all that it holds: what waits on is taken out of the
        pool for the moment in which a block without it is mined.
        """
        hashes: dict[int, str] = {}
        public = [at for at in range(len(requests)) if at not in waits.private]
        for left in reversed(range(waits.blocks)):
            hashes = dict(zip(public, self._send(requests[at] for at in public), strict=True))
            waits.look()
            if left:
                self.wallet.ask("anvil_dropAllTransactions")
                self._mine_block(_Block({}, {}, BLOCK_SECONDS))
        private = sorted(waits.private)
        hashes |= zip(private, self._send(requests[at] for at in private), strict=True)
        return [hashes[at] for at in range(len(requests))]

    def _set_balances(self, gifts: Mapping[Address, int]) -> None:
        self.wallet.ask_all([("anvil_setBalance", [a, hex(wei)]) for a, wei in gifts.items()])

    def _mine_block(self, block: _Block) -> dict[str, Any]:
        """Mines what was sent; returns the new block's receipts. Follows a reorg that came in between."""
        self._held.clear()
        if block.gap > BLOCK_SECONDS:
            self.wallet.ask("evm_setNextBlockTimestamp", int(_head(self.wallet)["timestamp"], 16) + block.gap)
        self.wallet.ask("evm_mine")
        head = _head(self.wallet)
        found = self.wallet.ask("eth_getBlockReceipts", head["hash"]) or []  # none where it is gone already
        receipts = {receipt["transactionHash"]: receipt for receipt in found}
        self.head, parent, self._tip = int(head["number"], 16), self._tip, head["hash"]
        self.time = int(head["timestamp"], 16)
        self.where |= dict.fromkeys(receipts, self.head)
        lost = [] if head["parentHash"] == parent else self._lost()
        self._recent.append(replace(block, number=self.head, hash=head["hash"]))
        self._send_again(lost)
        if lost and (left := {h: sent for h, sent in block.sent.items() if h not in receipts}):
            # They came after what was lost, and the node may have thrown them away.
            self._send(left.values())
            self._mine_block(replace(block, sent=left, gap=BLOCK_SECONDS))
        while len(self._recent) > self.remembers:
            self._forget(self._recent.popleft())
        return receipts

    def _follow(self) -> None:
        """Sends again, block by block, what a reorg dropped: as on a real network, it is not lost."""
        tip = _head(self.wallet)["hash"]
        if tip != self._tip:
            lost, self._tip = self._lost(), tip
            self._send_again(lost)

    def _lost(self) -> list[_Block]:
        """Our latest blocks that the chain no longer has, oldest first; they are no longer remembered."""
        lost: deque[_Block] = deque()
        while self._recent and not self._stands(self._recent[-1]):
            lost.appendleft(self._recent.pop())
        return list(lost)

    def _stands(self, block: _Block) -> bool:
        there = self.wallet.ask("eth_getBlockByNumber", hex(block.number), False)
        return there is not None and there["hash"] == block.hash

    def _send_again(self, blocks: Iterable[_Block]) -> None:
        blocks = list(blocks)
        for block in reversed(blocks):
            # Refused: to empty what is no ERC-20 token.
            self.wallet.attempt_all(take_back(block.sent.values(), block.firsts))
        for block in blocks:
            self._set_balances(block.gifts)
            self._send(block.sent.values())  # refused: those that the chain still has
            self._mine_block(block)

    def _receipts_elsewhere(self, hashes: Iterable[str]) -> dict[str, Any]:
        """Receipts of transactions that came into another block than the one they were sent for."""
        wanted = sorted(hashes)
        found = self.wallet.ask_all([("eth_getTransactionReceipt", [hash_]) for hash_ in wanted])
        return {hash_: receipt for hash_, receipt in zip(wanted, found, strict=True) if receipt}

    def _withdraw(
        self, requests: Iterable[dict[str, str]], hashes: Iterable[str], receipts: Mapping[str, Any]
    ) -> None:
        """Takes back what did not get in, so that the sender's next transaction does not wait for it."""
        missing = [(r, h) for r, h in zip(requests, hashes, strict=True) if h not in receipts]
        self.wallet.ask_all([("anvil_dropTransaction", [hash_]) for _, hash_ in missing if hash_])
        for request, _ in missing:
            self._nonces.pop(request["from"], None)

    def _forget(self, block: _Block) -> None:
        for hash_ in block.sent.keys() - self.keep:
            self.where.pop(hash_, None)


def _head(wallet: Wallet) -> Any:
    return wallet.ask("eth_getBlockByNumber", "latest", False)


def _tip(transaction: Transaction) -> int:
    """Wei a unit of gas: what the story wants, else what this wallet always bids, .1 to 3 gwei."""
    if transaction.tip is not None:
        return transaction.tip
    return 10**8 * (1 + int(transaction.sender[-4:], 16) % 30)


def _request(transaction: Transaction, nonce: int, fee_cap: int) -> dict[str, str]:
    request = {
        "from": transaction.sender,
        "data": transaction.data,
        "value": hex(transaction.value),
        "gas": hex(transaction.gas),
        "nonce": hex(nonce),
        "maxFeePerGas": hex(fee_cap),
        "maxPriorityFeePerGas": hex(min(_tip(transaction), fee_cap)),
    }
    return request if transaction.to is None else request | {"to": transaction.to}


def _balance_of(token: Address | None, address: Address) -> Request:
    if token is None:
        return "eth_getBalance", [address, "latest"]
    return "eth_call", [{"to": token, "data": call_data("balanceOf(address)", address)}, "latest"]


def _mined(receipt: Mapping[str, Any]) -> Mined:
    created = receipt["contractAddress"]
    return Mined(
        receipt["transactionHash"],
        int(receipt["blockNumber"], 16),
        receipt["status"] == "0x1",
        created.lower() if created else None,
    )
