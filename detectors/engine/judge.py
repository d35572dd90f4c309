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
from detectors.base import Detector, Explanation, Finding, is_excused
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


Said = str | None | Failure
"""What an explanation says of a finding."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a piece's detectors found, each by its name and with what each of its explanations says, in the
    order of `Judge.findings`; and which detectors raised.
    """

    found: tuple[tuple[str, Finding, Mapping[str, Said]], ...]
    off: Mapping[str, Off]


class Judge:
    """The detectors and explanations of a run. Raises BadInput where a detector is excused by what is not
    there.
    """

    def __init__(self, detectors: Sequence[Detector], explanations: Iterable[Explanation]) -> None:
        self._named = {detector.name: detector for detector in detectors}
        self._explanations = {each.kind: each for each in explanations}
        for detector in detectors:
            for kind in detector.excused_by if is_excused(detector) else ():
                if kind not in self._explanations:
                    raise BadInput(
                        f"detector {detector.name} is excused by {kind!r}, but no file in "
                        "detectors/explanations/ has that kind"
                    )

    def findings(self, look: Look, off: dict[str, Off]) -> list[Judged]:
        """What is found in a piece, explained, in the order (block, place of the transaction that completed
        it, rank, detector, subject). `off` grows by what raises.
        """
        found = self._found(look, off)
        return [(by, _explained(by, f, partial(self._said, look, f), off)) for by, f in found]

    def asked(self, look: Look, off: Mapping[str, Off]) -> Asked:
        """What all say of a piece, for who decides elsewhere: `decided` makes of it what `findings` gives."""
        raised = dict(off)
        found = [(by.name, f, self._all_said(by, look, f)) for by, f in self._found(look, raised)]
        return Asked(tuple(found), {name: each for name, each in raised.items() if name not in off})

    def decided(self, asked: Asked, off: dict[str, Off]) -> list[Judged]:
        """`findings` of a piece, whose detectors and explanations were asked without knowing what pieces
        before it brought.
        """
        before = set(off)
        off |= {name: each for name, each in asked.off.items() if name not in before}
        found = [(self._named[name], f, said) for name, f, said in asked.found if name not in before]
        return [(by, _explained(by, f, said.__getitem__, off)) for by, f, said in found]

    def _found(self, look: Look, off: dict[str, Off]) -> list[Judged]:
        found = [(by, finding) for by in self._named.values() for finding in self._scored(by, look, off)]
        return _in_order(found, look)

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

    def _all_said(self, detector: Detector, look: Look, finding: Finding) -> Mapping[str, Said]:
        kinds = detector.excused_by if is_excused(detector) and _may_be_excused(finding) else ()
        return {kind: self._said(look, finding, kind) for kind in kinds}

    def _said(self, look: Look, finding: Finding, kind: str) -> Said:
        return _asked(lambda: _reason(self._explanations[kind], look, finding))


def _may_be_excused(finding: Finding) -> bool:
    return finding.alerts and not finding.lowers and not finding.suppressed_by


def _explained(
    detector: Detector, finding: Finding, said: Callable[[str], Said], off: dict[str, Off]
) -> Finding:
    """With the first reason that one of the detector's explanations has. A proven loss is not lowered by one:
    it only notes it.
    """
    if not _may_be_excused(finding) or not is_excused(detector):
        return finding
    for kind in detector.excused_by:
        key = explanation_key(kind)
        reason = None if key in off else said(kind)
        if isinstance(reason, Failure):
            off[key] = Off(finding.block_number, reason.reason)
        elif reason is not None and finding.proven:
            note = f"It looks like {kind} ({reason}), but the loss is proven."
            return replace(finding, explanation=f"{finding.explanation} {note}")
        elif reason is not None:
            return replace(finding, suppressed_by={"kind": kind, "reason": reason})
    return finding


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
