"""Simulates on a private anvil that forks the watched node: for nodes without `eth_simulateV1`, for what that
refuses, and for the calls inside, which it does not tell. The watched node is only read.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import msgspec

from ingest.blocks.answers import ReceiptAnswer
from ingest.blocks.traces import Call
from ingest.localchain.chain.chain import fork
from ingest.localchain.chain.wallet import Refusal, Request, Wallet
from ingest.mempool.outcome import Head, Outcome, Simulated, created_by
from ingest.mempool.waiting import Waiting
from ingest.model.errors import NodeMisbehaved
from ingest.nodes import Node

_STATES = 8


class Fork:
    """One anvil, forked anew at each head. Raises SetupFailed where anvil is not installed."""

    def __init__(self, url: str, chain_id: int, traces: bool) -> None:
        self._url, self._chain_id, self._traces = url, chain_id, traces
        self._inside = ExitStack()
        self._wallet: Wallet | None = None
        self._node: Node | None = None

    def simulate(self, head: Head, sent: Sequence[Waiting]) -> Simulated:
        """In their order, in one block after `head`; what anvil will not take is counted as refused."""
        wallet = self._started(head)
        self._prepare(wallet, head, sum(each.gas for each in sent))
        requests: list[Request] = [
            ("eth_sendTransaction", [_request(each, len(sent) - at)]) for at, each in enumerate(sent)
        ]
        answers = wallet.attempt_all(requests)
        taken = {a: each for a, each in zip(answers, sent, strict=True) if not isinstance(a, Refusal)}
        wallet.ask("evm_mine")
        outcomes = self._outcomes(wallet, taken)
        return Simulated("anvil", outcomes, len(sent) - len(outcomes))

    def close(self) -> None:
        if self._node is not None:
            self._node.close()
        self._inside.close()
        self._wallet = self._node = None

    def _started(self, head: Head) -> Wallet:
        if self._wallet is None:
            running = fork(
                self._url, chain_id=self._chain_id, states=_STATES, at=head.number, free_of_fees=True
            )
            node = self._inside.enter_context(running)
            self._wallet, self._node = Wallet.connect(node.url), Node(node.url)
        else:
            forking = {"jsonRpcUrl": self._url, "blockNumber": head.number}
            self._wallet.ask("anvil_reset", {"forking": forking})
        return self._wallet

    def _prepare(self, wallet: Wallet, head: Head, gas: int) -> None:
        wallet.ask_all(
            [
                ("evm_setAutomine", [False]),
                ("anvil_autoImpersonateAccount", [True]),
                ("anvil_setNextBlockBaseFeePerGas", ["0x0"]),
                ("evm_setBlockGasLimit", [hex(max(head.gas_limit, gas))]),
                ("evm_setNextBlockTimestamp", [head.next_time]),
            ]
        )

    def _outcomes(self, wallet: Wallet, taken: dict[Any, Waiting]) -> list[Outcome]:
        block = wallet.ask("eth_getBlockByNumber", "latest", False)
        plain = wallet.ask("eth_getBlockReceipts", block["hash"]) or []
        try:
            receipts = msgspec.convert(plain, list[ReceiptAnswer])
        except msgspec.ValidationError as error:
            raise NodeMisbehaved(f"the private fork gave receipts that are none: {error}") from error
        calls = self._calls(block) if self._traces and receipts else {}
        return [
            self._outcome(wallet, taken[each.transaction_hash], each, calls.get(at, []))
            for at, each in enumerate(receipts)
            if each.transaction_hash in taken
        ]

    def _outcome(self, wallet: Wallet, sent: Waiting, receipt: ReceiptAnswer, calls: list[Call]) -> Outcome:
        ok = int(receipt.status or "0x0", 16) == 1
        created = created_by(sent) if sent.to is None and ok else None
        code = bytes.fromhex(wallet.ask("eth_getCode", created, "latest")[2:]) if created else None
        used = int(receipt.gas_used or "0x0", 16)
        return Outcome(sent, ok, used, receipt.logs, created, code or None, calls)

    def _calls(self, block: dict[str, Any]) -> dict[int, list[Call]]:
        """By the position of their transaction."""
        assert self._node is not None
        number, name = int(block["number"], 16), bytes.fromhex(block["hash"][2:])
        (calls,) = self._node.traces([(number, name)])
        found: dict[int, list[Call]] = {}
        for call in calls or []:
            found.setdefault(call.position, []).append(replace(call, transaction=None))
        return found


def _request(each: Waiting, price: int) -> dict[str, Any]:
    """anvil sorts by price: each bids one wei less than the one before. A blob is left out."""
    request: dict[str, Any] = {
        "from": each.sender, "data": each.input, "value": hex(each.value), "gas": hex(each.gas),
        "nonce": hex(each.nonce), "gasPrice": hex(price),
    }  # fmt: skip
    if each.authorizations:
        del request["gasPrice"]
        request |= {"maxFeePerGas": hex(price), "maxPriorityFeePerGas": hex(price)}
        request["authorizationList"] = list(each.authorizations)
    return request if each.to is None else request | {"to": each.to}
