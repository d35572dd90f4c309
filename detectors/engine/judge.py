"""Asks the detectors about a piece of the chain, and explanations about what they found. One that raises is
switched off, alone and for good: the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar, cast

from detectors.alerts.caps import WORD, shortened
from detectors.alerts.text import visible
from detectors.base import Detector, Excused, Explanation, Finding, Reader, ReadingExplanation, reads_of
from detectors.engine.ranks import RANKS
from detectors.parts.features import Features
from ingest.model.batch import Batch
from ingest.model.errors import BadInput

T = TypeVar("T")
Judged = tuple[Detector, Finding]


@dataclass(frozen=True, slots=True)
class Off:
    """From which block on a detector or an explanation is not asked any more, and why."""

    block: int
    reason: str


@dataclass(frozen=True, slots=True)
class Failure:
    """How a detector or an explanation failed."""

    reason: str


def explanation_key(kind: str) -> str:
    """The name under which an explanation is switched off."""
    return f"explanation {kind}"


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

    def findings(self, piece: Batch, features: Features, off: dict[str, Off]) -> list[Judged]:
        """What is found in a piece, explained, in the order (block, place of the transaction that completed
        it, rank, detector, subject). `off` grows by what raises.
        """
        found = [
            (detector, finding)
            for detector in self._detectors
            for finding in self._scored(detector, piece, features, off)
        ]
        found = _in_order(found, piece)
        return [(detector, self._explained(detector, f, piece, features, off)) for detector, f in found]

    def _scored(
        self, detector: Detector, piece: Batch, features: Features, off: dict[str, Off]
    ) -> list[Finding]:
        """A detector that raises is asked again block by block: it is off from the first block that raises
        alone, so that it does not depend on where batches were cut. If none does, what is found so stands.
        """
        if detector.name in off:
            return []
        found = _asked(lambda: scored(detector, piece, features))
        return self._block_by_block(detector, piece, features, off) if isinstance(found, Failure) else found

    def _block_by_block(
        self, detector: Detector, piece: Batch, features: Features, off: dict[str, Off]
    ) -> list[Finding]:
        found: list[Finding] = []
        for number in range(piece.first, piece.last + 1):
            alone = _asked(partial(scored, detector, piece.slice(number, number), features.of_block(number)))
            if isinstance(alone, Failure):
                off[detector.name] = Off(number, alone.reason)
                break
            found += alone
        return found

    def _explained(
        self, detector: Detector, finding: Finding, piece: Batch, features: Features, off: dict[str, Off]
    ) -> Finding:
        """With the first reason that one of the detector's explanations has. A proven loss is not lowered by
        one: it only notes it.
        """
        if not finding.alerts or finding.lowers or finding.suppressed_by or not isinstance(detector, Excused):
            return finding
        for kind in detector.excused_by:
            reason = self._reason(kind, piece, features, finding, off)
            if reason is not None and finding.proven:
                note = f"It looks like {kind} ({reason}), but the loss is proven."
                return replace(finding, explanation=f"{finding.explanation} {note}")
            if reason is not None:
                return replace(finding, suppressed_by={"kind": kind, "reason": reason})
        return finding

    def _reason(
        self, kind: str, piece: Batch, features: Features, finding: Finding, off: dict[str, Off]
    ) -> str | None:
        key = explanation_key(kind)
        if key in off:
            return None
        told = _asked(lambda: _reason(self._explanations[kind], piece, features, finding))
        if isinstance(told, Failure):
            off[key] = Off(finding.block_number, told.reason)
            return None
        return told


def scored(detector: Detector | Reader, piece: Batch, features: Features) -> list[Finding]:
    """What a detector finds in a piece, whichever of the two contracts it keeps."""
    reads, either = reads_of(detector), cast(Any, detector)
    if reads is None:
        found: list[Finding] = either.score(piece, features)
        return found
    assert features.look is not None, "a state was made without its readers"
    seen: list[Finding] = either.score(features.look.by(f"detector {detector.name}", reads))
    return seen


def _reason(
    explanation: Explanation | ReadingExplanation, piece: Batch, features: Features, finding: Finding
) -> str | None:
    reads, either = reads_of(explanation), cast(Any, explanation)
    if reads is None:
        told: str | None = either.reason(piece, features, finding)
        return told
    assert features.look is not None, "a state was made without its readers"
    look = features.look.of_block(finding.block_number)
    seen: str | None = either.reason(look.by(explanation_key(explanation.kind), reads), finding)
    return seen


def _in_order(found: list[Judged], piece: Batch) -> list[Judged]:
    wanted = {finding.transaction for _, finding in found if finding.transaction}
    places = _places(piece, wanted) if wanted else {}

    def order(judged: Judged) -> tuple[int, int, int, int, str, bytes]:
        detector, finding = judged
        logs = (row.log_index for row in finding.rows if row.transaction_hash == finding.transaction)
        place = places.get(finding.transaction, -1), max(logs, default=-1)
        return (
            finding.block_number, *place, RANKS.depth(finding.category), detector.name, finding.subject
        )  # fmt: skip

    return sorted(found, key=order)


def _places(piece: Batch, wanted: set[bytes]) -> dict[bytes, int]:
    """Where in their blocks some transactions are."""
    hashes, places = (
        piece.transactions[name].to_list() for name in ("transaction_hash", "transaction_index")
    )
    return {one: place for one, place in zip(hashes, places, strict=True) if one in wanted}


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
