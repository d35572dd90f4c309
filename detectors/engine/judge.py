"""Asks the detectors about a piece of the chain, and explanations about what they found. One that raises is
switched off, alone and for good: the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from detectors.alerts.caps import WORD, shortened
from detectors.alerts.text import visible
from detectors.base import Detector, Excused, Explanation, Finding
from detectors.engine.order import explanation_key
from detectors.engine.ranks import RANKS
from detectors.engine.sight import Look
from ingest.model.errors import BadInput, DetectorFailed

T = TypeVar("T")
Judged = tuple[Detector, Finding]


@dataclass(frozen=True, slots=True)
class Off:
    """From which block on a detector or an explanation is not asked any more, and why."""

    block: int
    reason: str

    def told(self, name: str) -> str:
        return f"{name} raised and is off from block {self.block} on ({self.reason})"


def refuse_off(off: Mapping[str, Off]) -> None:
    """Raises DetectorFailed where one was switched off: figures would be of the others alone."""
    for name, each in off.items():
        raise DetectorFailed(f"{each.told(name)}: nothing is judged without it; report this, and mend it")


@dataclass(frozen=True, slots=True)
class Failure:
    """How a detector or an explanation failed."""

    reason: str


class Judge:
    """The detectors and explanations of a run. Raises BadInput where a detector is excused by what is not
    there.
    """

    def __init__(self, detectors: Sequence[Detector], explanations: Iterable[Explanation]) -> None:
        self._detectors = detectors
        self._explanations = {each.kind: each for each in explanations}
        for detector in detectors:
            for kind in detector.excused_by if isinstance(detector, Excused) else ():
                if kind not in self._explanations:
                    raise BadInput(
                        f"detector {detector.name} is excused by {kind!r}, but no file in "
                        "detectors/explanations/ has that kind"
                    )

    def findings(self, look: Look, off: dict[str, Off]) -> list[Judged]:
        """What is found in a piece, explained, in the order (block, place of the transaction that completed
        it, rank, detector, subject). `off` grows by what raises.
        """
        found = [
            (detector, finding)
            for detector in self._detectors
            for finding in self._scored(detector, look, off)
        ]
        found = _in_order(found, look)
        return [(detector, self._explained(detector, f, look, off)) for detector, f in found]

    def _scored(self, detector: Detector, look: Look, off: dict[str, Off]) -> list[Finding]:
        """A detector that raises is asked again block by block: it is off from the first block that raises
        alone, so that it does not depend on where batches were cut. If none does, what is found so stands.
        """
        if detector.name in off:
            return []
        found = _asked(lambda: scored(detector, look))
        return self._block_by_block(detector, look, off) if isinstance(found, Failure) else found

    def _block_by_block(self, detector: Detector, look: Look, off: dict[str, Off]) -> list[Finding]:
        found: list[Finding] = []
        for number in look.piece.blocks["number"].tolist():
            alone = _asked(partial(scored, detector, look.of_block(number)))
            if isinstance(alone, Failure):
                off[detector.name] = Off(number, alone.reason)
                break
            found += alone
        return found

    def _explained(self, detector: Detector, finding: Finding, look: Look, off: dict[str, Off]) -> Finding:
        """With the first reason that one of the detector's explanations has. A proven loss is not lowered by
        one: it only notes it.
        """
        if not finding.alerts or finding.lowers or finding.suppressed_by or not isinstance(detector, Excused):
            return finding
        for kind in detector.excused_by:
            reason = self._reason(kind, look, finding, off)
            if reason is not None and finding.proven:
                note = f"It looks like {kind} ({reason}), but the loss is proven."
                return replace(finding, explanation=f"{finding.explanation} {note}")
            if reason is not None:
                return replace(finding, suppressed_by={"kind": kind, "reason": reason})
        return finding

    def _reason(self, kind: str, look: Look, finding: Finding, off: dict[str, Off]) -> str | None:
        key = explanation_key(kind)
        if key in off:
            return None
        told = _asked(lambda: _reason(self._explanations[kind], look, finding))
        if isinstance(told, Failure):
            off[key] = Off(finding.block_number, told.reason)
            return None
        return told


def scored(detector: Detector, look: Look) -> list[Finding]:
    """What a detector finds in a piece."""
    return detector.score(look.by(f"detector {detector.name}", detector.reads))


def _reason(explanation: Explanation, look: Look, finding: Finding) -> str | None:
    look = look.of_block(finding.block_number)
    return explanation.reason(look.by(explanation_key(explanation.kind), explanation.reads), finding)


def _in_order(found: list[Judged], look: Look) -> list[Judged]:
    wanted = {finding.transaction for _, finding in found if finding.transaction}
    places = _places(look, wanted) if wanted else {}

    def order(judged: Judged) -> tuple[int, int, int, int, str, bytes]:
        detector, finding = judged
        logs = (row.log_index for row in finding.rows if row.transaction_hash == finding.transaction)
        place = places.get(finding.transaction, -1), max(logs, default=-1)
        return (
            finding.block_number, *place, RANKS.depth(finding.category), detector.name, finding.subject
        )  # fmt: skip

    return sorted(found, key=order)


def _places(look: Look, wanted: set[bytes]) -> dict[bytes, int]:
    """Where in their blocks some transactions are."""
    sent = look.piece.transactions
    numbered = zip(sent["hash"], sent["index"].tolist(), strict=True)
    return {name: place for one, place in numbered if (name := one.tobytes()) in wanted}


def _asked(ask: Callable[[], T]) -> T | Failure:
    """What `ask` gives, or how it failed, whatever that was: what a detector raises is no reason for the
    others to fall silent. Want of memory is the machine's, and stays an error.
    """
    try:
        return ask()
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - see above
        return Failure(_told(error))


def _told(error: Exception) -> str:
    words = visible(str(error).split("\n", 1)[0])
    return shortened(f"{type(error).__name__}: {words}", WORD)
