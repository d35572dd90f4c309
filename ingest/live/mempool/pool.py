"""Asks a node what waits at it: its whole pool where it shows that, else transaction by transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from ingest.live.mempool.waiting import Waiting, waiting_from
from ingest.model.errors import BadInput, NodeMisbehaved
from ingest.nodes.sending.speaking import Refused, Speaker

MOST_WAITING = 20_000
"""Transactions that are looked at, of whatever the node says: what lies beyond is counted and said."""

_A_REQUEST = 100


class Pool(Protocol):
    """What waits, in no order. `unread` counts what the last answer held beside it: what no block could
    hold, and what lay beyond `MOST_WAITING`.
    """

    unread: int

    def read(self) -> list[Waiting]: ...


def open_pool(node: Speaker) -> Pool:
    """The way by which this node tells of its pool. Raises BadInput where it has none."""
    try:
        node.ask("txpool_content")
        return WholePool(node)
    except Refused as error:
        if not error.lacks_method:
            raise NodeMisbehaved(f"the node at {node.source} refused txpool_content: {error}") from error
    try:
        return ToldPool(node)
    except Refused as error:
        raise BadInput(
            f"the node at {node.source} offers no pool (neither txpool_content nor "
            f"eth_newPendingTransactionFilter: {error}): name one that does, or leave --mempool out"
        ) from error


class WholePool:
    """A node that shows all that waits (`txpool_content`: geth, reth, nethermind, erigon, anvil)."""

    def __init__(self, node: Speaker) -> None:
        self._node = node
        self.unread = 0

    def read(self) -> list[Waiting]:
        content = self._node.ask("txpool_content")
        if not isinstance(content, dict):
            raise NodeMisbehaved(f"the node at {self._node.source} gave a pool that is none")
        told = list(_leaves(content.get("pending")))
        found = [each for one in told[:MOST_WAITING] if (each := waiting_from(one)) is not None]
        self.unread = len(told) - len(found)
        return found


def _leaves(by_sender: Any) -> Iterable[Any]:
    """Of {sender: {nonce: transaction}}."""
    for by_nonce in by_sender.values() if isinstance(by_sender, dict) else ():
        yield from by_nonce.values() if isinstance(by_nonce, dict) else ()


class ToldPool:
    """A node that tells of hashes as they come in (`eth_newPendingTransactionFilter`): what came in before
    is unknown, and each that waits is asked for again until it is in a block or gone.
    """

    def __init__(self, node: Speaker) -> None:
        """Raises Refused where the node has no such filter."""
        self._node = node
        self._filter = node.ask("eth_newPendingTransactionFilter")
        self._hashes: dict[str, None] = {}
        self.unread = 0

    def read(self) -> list[Waiting]:
        told = self._changes()
        self._hashes |= dict.fromkeys(each for each in told if isinstance(each, str))
        asked = list(self._hashes)[:MOST_WAITING]
        beyond = len(self._hashes) - len(asked)
        found = [each for one in self._transactions(asked) if (each := waiting_from(one)) is not None]
        self._hashes = {each.hash: None for each in found}
        self.unread = beyond
        return found

    def _changes(self) -> list[Any]:
        """A filter that the node has forgotten is made anew."""
        try:
            told = self._node.ask("eth_getFilterChanges", self._filter)
        except Refused:
            self._filter = self._node.ask("eth_newPendingTransactionFilter")
            told = self._node.ask("eth_getFilterChanges", self._filter)
        if not isinstance(told, list):
            raise NodeMisbehaved(f"the node at {self._node.source} gave changes that are none")
        return told

    def _transactions(self, hashes: list[str]) -> Iterable[Any]:
        for start in range(0, len(hashes), _A_REQUEST):
            some = hashes[start : start + _A_REQUEST]
            yield from self._node.ask_all([("eth_getTransactionByHash", [each]) for each in some])
