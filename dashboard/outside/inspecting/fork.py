"""The private fork on which a contract is tried: what is done there is written down, to be done again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ingest.localchain.chain.chain import fork
from ingest.localchain.chain.wallet import Address, Refusal, Request, Wallet, call_data
from ingest.model.errors import NodeMisbehaved

GAS = 15_000_000
"""What a transaction may use: below the cap of EIP-7825, and more than any honest call needs."""
GAS_PRICE = 1_000
"""Wei: next to nothing, so that what somebody gains is not blurred by fees."""
BLOCK_SECONDS = 12
RICH = 10**30
Mark = tuple[str, int]
"""A snapshot, and how many steps were written down before it."""
_BALANCE_OF = "balanceOf(address)"
_RPC = {
    "give": "anvil_setBalance", "token": "anvil_dealERC20", "later": "evm_increaseTime",
}  # fmt: skip
"""What a step may do beside sending a transaction, and how anvil calls it."""


class TimeIsUp(Exception):
    """The time that an inspection may take is over."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A transaction on the fork: whether it succeeded, and what it created."""

    ok: bool
    created: Address | None


@dataclass(slots=True)
class Fork:
    """A fork of the watched chain after block `number`. `steps` is what was done since, in order, as JSON:
    `send` (a transaction, with `ok`: whether it succeeded), `ask` (what was read, with its answer), and what
    only a fork can do: `give` (coin), `token` (a token's balance), `later` (seconds).
    """

    wallet: Wallet
    chain_id: int
    number: int
    hash: str
    until: float
    steps: list[dict[str, Any]] = field(default_factory=list)

    def send(self, sender: Address, to: Address | None, data: str = "0x", value: int = 0) -> Sent:
        """Sends as anybody, whose key nobody needs. Raises TimeIsUp."""
        done = self.transact(sender, to, data, value)
        self.steps.append(
            {"do": "send", "from": sender, "to": to, "data": data, "value": str(value), "ok": done.ok}
        )
        return done

    def transact(self, sender: Address, to: Address | None, data: str, value: int) -> Sent:
        """As `send`, without writing it down."""
        if time.monotonic() > self.until:
            raise TimeIsUp
        calls: list[Request] = [
            ("eth_sendTransactionSync", [_request(sender, to, data, value) | {"gasPrice": hex(GAS_PRICE)}])
        ]
        receipt = self.wallet.attempt_all(calls)[0]
        if isinstance(receipt, Refusal):
            return Sent(False, None)
        created = receipt.get("contractAddress") if to is None else None
        return Sent(receipt["status"] == "0x1", created.lower() if created else None)

    def arrange(self, do: str, *params: Any) -> bool:
        """What only a fork can do; False where it cannot."""
        done = self.wallet.attempt_all([(_RPC[do], list(params))])[0]
        if isinstance(done, Refusal):
            return False
        self.steps.append({"do": do, "params": list(params)})
        return True

    def give(self, who: Address, wei: int = RICH) -> None:
        self.arrange("give", who, hex(wei))

    def ask(self, to: Address, data: str, sender: Address | None = None, value: int = 0) -> bytes | None:
        """What a call would answer; None where it fails."""
        return self.ask_all([(to, data, sender, value)])[0]

    def ask_all(self, calls: Sequence[tuple[Address, str, Address | None, int]]) -> list[bytes | None]:
        """As `ask`, of many (to, data, sender, value) at once; none sees what another would do."""
        asked: list[Request] = [
            ("eth_call", [_request(sender, to, data, value), "latest"]) for to, data, sender, value in calls
        ]
        answers = self.wallet.attempt_all(asked)
        return [None if isinstance(each, Refusal) else bytes.fromhex(each[2:]) for each in answers]

    def view(self, to: Address, signature: str, *arguments: Any) -> int | None:
        """A view's first word, None where there is none."""
        answer = self.ask(to, call_data(signature, *arguments))
        return int.from_bytes(answer[:32], "big") if answer and len(answer) >= 32 else None

    def held(self, who: Address, asset: Address | None) -> int:
        """Of the coin (None) or of a token; nothing where the token does not say."""
        return self.held_by([(who, asset)])[0]

    def held_by(self, pairs: Sequence[tuple[Address, Address | None]]) -> list[int]:
        """As `held`, of many (who, asset) at once."""
        asked: list[Request] = [
            ("eth_getBalance", [who, "latest"])
            if asset is None
            else ("eth_call", [{"to": asset, "data": call_data(_BALANCE_OF, who), "gas": hex(GAS)}, "latest"])
            for who, asset in pairs
        ]
        answers = self.wallet.attempt_all(asked)
        return [_units(answer, asset) for answer, (_, asset) in zip(answers, pairs, strict=True)]

    def noted(self, who: Address, asset: Address | None) -> int:
        """As `held`, written down: whoever does the steps again must read the same."""
        return self.note([(who, asset)])[0]

    def note(self, pairs: Sequence[tuple[Address, Address | None]]) -> list[int]:
        """As `held_by`, written down."""
        found = self.held_by(pairs)
        self.steps += [
            {"do": "ask", "of": who, "asset": asset, "is": str(units)}
            for (who, asset), units in zip(pairs, found, strict=True)
        ]
        return found

    def code(self, of: Address) -> bytes:
        return bytes.fromhex(self.wallet.ask("eth_getCode", of, "latest")[2:])

    def slot(self, of: Address, slot: str) -> int:
        return int(self.wallet.ask("eth_getStorageAt", of, slot, "latest"), 16)

    def mark(self) -> Mark:
        """Where `back_to` goes back to, once."""
        return self.wallet.ask("evm_snapshot"), len(self.steps)

    def back_to(self, mark: Mark) -> None:
        """Takes back what was done since, and what was written down of it."""
        at, written = mark
        self.wallet.ask("evm_revert", at)
        del self.steps[written:]

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is done inside is taken back, and not written down any more."""
        mark = self.mark()
        try:
            yield
        finally:
            self.back_to(mark)


def _units(answer: str | Refusal, asset: Address | None) -> int:
    """Raises NodeMisbehaved where the coin is refused; a token may say nothing."""
    if isinstance(answer, Refusal):
        if asset is None:
            raise NodeMisbehaved(f"the fork does not say what an account holds: {answer.message}")
        return 0
    return int(answer[:66], 16) if len(answer) > 2 else 0


def _request(sender: Address | None, to: Address | None, data: str, value: int) -> dict[str, str]:
    request = {"data": data, "value": hex(value), "gas": hex(GAS)}
    request |= {"from": sender} if sender else {}
    return request if to is None else request | {"to": to}


@contextmanager
def forked(url: str, seconds: float, at: int | None = None) -> Iterator[Fork]:
    """A private fork of the node at `url`, at its head or after block `at`, which ends with the context. The
    node itself is only read. Raises NodeUnreachable, NodeMisbehaved.
    """
    watched = Wallet.connect(url)
    chain_id = int(watched.ask("eth_chainId"), 16)
    head = watched.ask("eth_getBlockByNumber", "latest" if at is None else hex(at), False)
    if head is None:
        raise NodeMisbehaved(f"the node has no block {at}: ask one that does")
    number = int(head["number"], 16)
    with fork(url, chain_id=chain_id, at=number, free_of_fees=True) as node:
        wallet = Wallet.connect(node.url)
        _prepare(wallet)
        yield Fork(wallet, chain_id, number, head["hash"], time.monotonic() + seconds)


def _prepare(wallet: Wallet) -> None:
    """Anybody may send, each transaction has a block of its own, twelve seconds after the one before."""
    calls: Sequence[Request] = [
        ("anvil_autoImpersonateAccount", [True]),
        ("evm_setAutomine", [True]),
        ("anvil_setBlockTimestampInterval", [BLOCK_SECONDS]),
    ]
    wallet.ask_all(calls)
