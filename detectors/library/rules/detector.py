"""A rule as a detector, by the contract of all (`detectors.base`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from detectors.base import Finding, Row, Tier, hexed
from detectors.library.rules import limits
from detectors.library.rules.columns import Lines, Table, shown
from detectors.library.rules.evaluating import Columns, holds
from detectors.library.rules.tree import Compared, Named, Rule, Unit, Written, walked
from detectors.library.rules.typed import checked
from detectors.library.rules.values import Values
from detectors.library.rules.wording import canonical, clause
from detectors.memory.layout import Array
from detectors.parts.contract import Seen

CATEGORY = "analyst-rule"
"""Of all rules: their alerts stand beside those of the library, and lower none of them."""
PREFIX = "rule-"


@dataclass(frozen=True, slots=True)
class Settings:
    """rule: all that it says, in one form; so it is in the run digest."""

    rule: str


class RuleDetector:
    """Alerts about whom an analyst's rule names, once a block, where its condition is known to hold.

    What is not known, a quotient by zero among it, makes no condition true, nor its opposite. Fails: on what
    no field says; whoever knows the rule keeps below it. Costs one operation on columns a term, and the
    reading of its evidence a finding. At most 50 subjects of a block are found, the first in chain order; how
    many there were beyond is said. Source: three truth values by Kleene (1938); no figure is published, since
    each rule is another (`undertow rules test`).
    """

    catches: tuple[str, ...] = (CATEGORY,)

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.table: Table = checked(rule)
        self.name = f"{PREFIX}{rule.name}"
        self.settings: object = Settings(canonical(rule))
        self.needs: Tier = self.table.needs
        self.reads = self.table.reads
        self._whom = self.table.names[rule.names]
        self._told = tuple(dict.fromkeys(each.name for each in walked(rule.when) if isinstance(each, Named)))

    def score(self, seen: Seen) -> list[Finding]:
        """One finding for each block and subject, in chain order."""
        lines = self.table.lines(seen)
        if lines is None:
            return []
        columns = self._columns(lines)
        whom = columns.fields[self._whom.field]
        which = holds(self.rule.when, columns)
        which = which[whom.mask[which]]
        found: list[Finding] = []
        for block in np.unique(lines.block[which]).tolist():
            found += self._of_block(lines, columns, which[lines.block[which] == block])
        return found

    def _columns(self, lines: Lines) -> Columns:
        """The fields that the rule names, once for the piece."""
        fields = self.table.fields
        read = {name: lines.of(fields[name].read) for name in (*self._told, self._whom.field)}
        last = int(lines.seen.blocks["number"][-1])
        return Columns(read, lines.at.size, partial(_number_of, lines.seen, last))

    def _of_block(self, lines: Lines, columns: Columns, which: Array) -> list[Finding]:
        whom = columns.fields[self._whom.field].column[which]
        subjects = list(dict.fromkeys(whom.tolist()))
        shown_ones = subjects[: limits.SUBJECTS]
        beyond = len(subjects) - len(shown_ones)
        found = [
            self._finding(
                lines, columns, which[whom == one], int(one), beyond if one == shown_ones[-1] else 0
            )
            for one in shown_ones
        ]
        return [each for each in found if each.rows]

    def _finding(self, lines: Lines, columns: Columns, which: Array, subject: int, beyond: int) -> Finding:
        seen, last = lines.seen, int(which[-1])
        newest = which[-limits.EVIDENCE :]
        rows = np.unique(np.concatenate([self.table.rows(lines, int(each)) for each in newest]))
        evidence = seen.evidence(rows[-limits.EVIDENCE :].tolist())
        who, block = seen.address(subject), int(lines.block[last])
        told = f"It holds {which.size} times in this block" if which.size > 1 else "It holds"
        return Finding(
            block_number=block,
            timestamp=int(seen.blocks["time"][np.searchsorted(seen.blocks["number"], block)]),
            category=CATEGORY,
            subject_kind=self._whom.kind,
            subject=who,
            score=self.rule.score,
            severity=self.rule.severity,
            transaction=_last_transaction(evidence),
            roles=((who, "subject"),),
            rows=evidence,
            measured=self._measured(seen, columns, last, which.size, beyond),
            thresholds=thresholds(self.rule, self.table),
            explanation=f"{hexed(who)} meets the rule {self.rule.name}: {self.rule.says.rstrip('.')}. "
            f"{told}: {clause(self.rule.when, self.table)}.",
            value_wei=None if self.table.worth is None else _sum(lines.of(self.table.worth), which),
        )

    def _measured(
        self, seen: Seen, columns: Columns, line: int, times: int, beyond: int
    ) -> Mapping[str, int | float | str]:
        """What the last line has of each field that the condition names."""
        found = {
            name: shown(self.table.fields[name].unit, columns.fields[name], seen, line) for name in self._told
        }
        return {**found, "times": times, **({"subjects_left_out": beyond} if beyond else {})}


def thresholds(rule: Rule, table: Table) -> dict[str, int | float | str]:
    """Of each field that is compared with a written number the first one."""
    found: dict[str, int | float | str] = {}
    for each in walked(rule.when):
        if isinstance(each, Compared) and isinstance(each.left, Named) and isinstance(each.right, Written):
            value, unit = each.right.value, table.fields[each.left.name].unit
            if isinstance(value, bool | bytes) or each.left.name in found:
                continue
            exact = str(value) if unit in (Unit.WEI, Unit.UNITS) else int(value)
            found[each.left.name] = exact if value.denominator == 1 else round(float(value), 6)
    return found


def _number_of(seen: Seen, block: int, address: bytes) -> int:
    return seen.number_of(address, block)


def _last_transaction(evidence: tuple[Row, ...]) -> bytes:
    return evidence[-1].transaction_hash if evidence else b""


def _sum(value: Values, which: Array) -> int | None:
    known = which[value.mask[which]]
    return sum(map(int, value.column[known].tolist())) or None
