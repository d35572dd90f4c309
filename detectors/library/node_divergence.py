"""Node divergence: a node that tells something else of a block than the chain does, or than other nodes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from detectors.alerts.alert import Severity
from detectors.base import Finding, Tier
from detectors.parts.contract import Row, Seen
from detectors.parts.disagreements import NODE_BYTES
from detectors.parts.horizons import DAY
from detectors.parts.lines import block_row, time_of

FORKS = ("hash", "fork")
SURE = {
    "receipts": 0.95, "logs": 0.95, "header": 0.95, "transactions": 0.95, "chain": 0.9, "final": 0.9,
    "hash": 0.6, "numbering": 0.6,
}  # fmt: skip
"""How sure it is that a node is at fault: a root that refutes its answer decides; that it takes back what was
final, or serves another chain, may be its owner's doing; that two hold other blocks says only that they do,
and no root covers the numbers that logs have.
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """depth: blocks on top of where two nodes part, from which on it is no ordinary reorganisation (the
    deepest of the beacon chain on record had seven, 2022-05; other chains' finality is asked for beside).
    grave: times within the quiet time from which on it is no slip.
    """

    depth: int = 12
    grave: int = 3


class NodeDivergence:
    """Flags a node whose answer about a block is refuted by the block's own roots and hash (a log left out,
    receipts of another fork, a header that is not the block's), one that numbers logs otherwise than they lie
    in the block, one that takes back what is final or parts from the others deeper than reorganisations go,
    and one that serves another chain. Both answers stand side by side; the root says whose fault it is, else
    only that they differ.

    A node that is behind or has not got a receipt yet (P2) gives no answer, and is waited for; ordinary
    reorganisations, receipts that change hands in one (P3) and the few blocks of a fork are none (N1), nor is
    a receipt outside the root, as Polygon's state syncs are (N2). Whose log leaves out system transactions
    that the root does not hold (P1) is not seen.

    Fails: without proof (`--verify off`), and where one node alone is asked and all it says agrees with
    itself. Rests on facts that only who follows nodes sees: a backfill has none, and none of these alerts.
    Costs nothing where nodes agree. Source: none published (erigon#14040, nethermind#5230, reth#15860: 3
    reports of such answers).
    """

    name = "node-divergence"
    catches = ("node-divergence",)
    needs: Tier = "receipts"
    reads = ("disagreements",)
    quiet_seconds = 7 * DAY
    settings = Settings()

    def score(self, seen: Seen) -> list[Finding]:
        """One finding an answer; subject = the node, by a hash of its redacted name."""
        told = seen.of("disagreements").get("told")
        if told is None:
            return []
        found = list[Finding]()
        place = np.searchsorted(seen.disagreements["block"], told["block"]) + told["id"]
        for at, which in enumerate(place.tolist()):
            line = {name: column[which] for name, column in seen.disagreements.items()}
            if self._is_fault(line):
                found.append(self._finding(seen, line, int(told["times"][at])))
        return found

    def _is_fault(self, line: dict[str, Any]) -> bool:
        if line["what"] in FORKS:
            return int(line["depth"]) >= self.settings.depth
        return line["what"] in SURE

    def _finding(self, seen: Seen, line: dict[str, Any], times: int) -> Finding:
        block = int(line["block"])
        rows = _rows(seen, block)
        node = node_id(line["node"])
        score = SURE.get(line["what"], SURE["hash"])
        grave: Severity = "high" if line["refuted"] and times >= self.settings.grave else "medium"
        return Finding(
            block_number=block,
            timestamp=time_of(seen, block),
            category="node-divergence",
            subject_kind="node",
            subject=node,
            score=score,
            severity=grave,
            transaction=rows[-1].transaction_hash,
            roles=((node, "subject"),),
            rows=rows,
            measured={
                "node": line["node"], "what": line["what"], "about_block": int(line["about"]),
                "answer": line["answer"], "other_node": line["other_node"] or "nobody else",
                "other_answer": line["other_answer"] or "none", "refuted": int(line["refuted"]),
                "depth": int(line["depth"]), "times": times,
            },
            thresholds={"depth": self.settings.depth, "times": self.settings.grave},
            explanation=_sentence(line),
        )  # fmt: skip


def node_id(name: str) -> bytes:
    """20 bytes that stand for a node, whose name is no address."""
    return hashlib.sha256(name.encode()).digest()[:NODE_BYTES]


def _rows(seen: Seen, block: int) -> tuple[Row, ...]:
    """The first transaction of the block with which it was told, and the block."""
    at = int(np.searchsorted(seen.blocks["number"], block))
    first, end = int(seen.blocks["first_row"][at]), int(seen.blocks["end_row"][at])
    own = seen.evidence([int(seen.rows["number"][first])]) if end > first else ()
    return (*own, block_row(seen, block))


def _sentence(line: dict[str, Any]) -> str:
    about = "" if line["about"] < 0 else f" of block {line['about']}"
    whose = "its own header refutes it" if line["refuted"] else "they differ, and nothing says who is right"
    told = f"{line['node']} says{about}: {line['answer']}"
    if line["what"] == "numbering":
        return f"{told}; logs are numbered as they lie in the block, and no root covers their numbers."
    if line["other_node"] is None:
        return f"{told}; {whose if line['refuted'] else 'nobody else was asked'}."
    return f"{told}; {line['other_node']} says: {line['other_answer'] or 'no such thing'}; {whose}."
