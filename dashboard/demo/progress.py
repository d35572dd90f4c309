"""How far the demo is, for its status line: the node's head, how far the store is behind, what was raised."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType

from dashboard.store import open_reader, whole
from ingest.nodes import Node


@dataclass(frozen=True, slots=True)
class Progress:
    """`head` is the node's newest block, `filed` the last one whose alerts the dashboard can show."""

    head: int
    filed: int | None
    alerts: int

    def is_complete(self) -> bool:
        return self.filed is not None and self.filed >= self.head

    def __str__(self) -> str:
        lag = "-" if self.filed is None else max(0, self.head - self.filed)
        return f"head {self.head}   lag {lag}   alerts {self.alerts}"


class Watcher:
    """Looks at both ends of the pipeline: the node where blocks come in, the store where alerts arrive."""

    def __init__(self, rpc: str, store: str, chain_id: int) -> None:
        self._node = Node(rpc)
        self._store = open_reader(store)
        self._chain_id = chain_id

    def look(self) -> Progress:
        """Raises NodeUnreachable or StoreUnreachable."""
        statuses = self._store.statuses(self._chain_id)
        standing = sum(count for status, count in statuses.items() if status != "retracted")
        filed = {head.chain_id: whole(head.block_number) for head in self._store.heads()}
        return Progress(int(self._node.head().number, 16), filed.get(self._chain_id), standing)

    def close(self) -> None:
        self._store.close()

    def __enter__(self) -> Watcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
