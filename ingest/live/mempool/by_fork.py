"""Simulates on a private anvil that forks the watched node: for nodes without `eth_simulateV1`, for what that
refuses, and for the calls inside, which it does not tell. Where that is an anvil which forks another node,
the private one forks that other one and takes over the state. The watched node is only read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from typing import Any

import msgspec

from ingest.blocks.answers import ReceiptAnswer
from ingest.blocks.traces import Call
from ingest.live.mempool.forked_anvil import Below, take_over
from ingest.live.mempool.outcome import Head, Outcome, Simulated, created_by
from ingest.live.mempool.waiting import Waiting
from ingest.model.errors import NodeMisbehaved
from ingest.nodes import Node
from ingest.nodes.sending.speaking import Refused, Speaker

ForkOf = Callable[[str, int, int], AbstractContextManager[str]]
"""Starts an anvil that forks the node at a URL, of a chain id, after a block; gives its URL."""

_A_REQUEST = 20
"""Transactions sent at once: anvil answers a batch of about 2 MB with one error for all of it."""


class Fork:
    """One anvil, forked anew at each head of the node `watched` at `url`; `below` is what that forks itself.
    Raises SetupFailed where it cannot be started.
    """

    def __init__(
        self, fork_of: ForkOf, watched: Speaker, url: str, chain_id: int, traces: bool, below: Below | None
    ) -> None:
        self._fork_of, self._watched, self._below = fork_of, watched, below
        self._url, self._chain_id, self._traces = url, chain_id, traces
        self._inside = ExitStack()
        self._anvil: Speaker | None = None
        self._node: Node | None = None

    def simulate(self, head: Head, sent: Sequence[Waiting]) -> Simulated:
        """In their order, in one block after `head`; what anvil will not take is counted as refused. Raises
        HeadMoved where the watched node went on meanwhile.
        """
        anvil = self._started(head)
        self._prepare(anvil, head, sum(each.gas for each in sent))
        requests = [_request(each, len(sent) - at) for at, each in enumerate(sent)]
        taken: dict[Any, Waiting] = {}
        for start in range(0, len(sent), _A_REQUEST):
            some = slice(start, start + _A_REQUEST)
            answers = anvil.ask_all([("eth_sendTransaction", [each]) for each in requests[some]])
            both = zip(answers, sent[some], strict=True)
            taken |= {answer: each for answer, each in both if not isinstance(answer, Refused)}
        anvil.ask("evm_mine")
        outcomes = self._outcomes(anvil, taken)
        return Simulated("anvil", outcomes, len(sent) - len(outcomes))

    def close(self) -> None:
        for each in (self._node, self._anvil):
            if each is not None:
                each.close()
        self._inside.close()
        self._anvil = self._node = None

    def _started(self, head: Head) -> Speaker:
        forked = self._below or Below(self._url, head.number)
        if self._anvil is None:
            url = self._inside.enter_context(self._fork_of(forked.url, self._chain_id, forked.number))
            self._anvil, self._node = Speaker(url), Node(url)
        else:
            forking = {"jsonRpcUrl": forked.url, "blockNumber": forked.number}
            self._anvil.ask("anvil_reset", {"forking": forking})
        if self._below is not None:
            take_over(self._watched, self._anvil, head)
        return self._anvil

    def _prepare(self, anvil: Speaker, head: Head, gas: int) -> None:
        done = anvil.ask_all(
            [
                ("evm_setAutomine", [False]),
                ("anvil_autoImpersonateAccount", [True]),
                ("anvil_setNextBlockBaseFeePerGas", ["0x0"]),
                ("evm_setBlockGasLimit", [hex(max(head.gas_limit, gas))]),
                ("evm_setNextBlockTimestamp", [head.next_time]),
            ]
        )
        for refused in (each for each in done if isinstance(each, Refused)):
            raise NodeMisbehaved(f"the private fork cannot be made ready: {refused}")

    def _outcomes(self, anvil: Speaker, taken: Mapping[Any, Waiting]) -> list[Outcome]:
        block = anvil.ask("eth_getBlockByNumber", "latest", False)
        plain = anvil.ask("eth_getBlockReceipts", block["hash"]) or []
        try:
            receipts = msgspec.convert(plain, list[ReceiptAnswer])
        except msgspec.ValidationError as error:
            raise NodeMisbehaved(f"the private fork gave receipts that are none: {error}") from error
        calls = self._calls(block) if self._traces and receipts else {}
        return [
            self._outcome(anvil, taken[each.transaction_hash], each, calls.get(at, []))
            for at, each in enumerate(receipts)
            if each.transaction_hash in taken
        ]

    def _outcome(self, anvil: Speaker, sent: Waiting, receipt: ReceiptAnswer, calls: list[Call]) -> Outcome:
        ok = int(receipt.status or "0x0", 16) == 1
        created = created_by(sent) if sent.to is None and ok else None
        code = bytes.fromhex(anvil.ask("eth_getCode", created, "latest")[2:]) if created else None
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
