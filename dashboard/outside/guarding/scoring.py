"""The oracle of a limit on withdrawals: a vault's risk, from the alerts that name it as victim."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from dashboard.outside.guarding import choosing
from dashboard.outside.guarding.alerts import alert_in
from dashboard.outside.guarding.contracts import WORST, LimitContract, Scale, why, writing
from dashboard.store.guard_plans import GuardReading
from detectors.alerts.alert import Alert, Severity
from ingest.model.errors import BadInput, NodeMisbehaved, Unreachable
from ingest.nodes.sending.sender import CannotPay, Sender, Wanted
from ingest.nodes.sending.speaking import Refused, Speaker

POLL_S = 0.5
WITHIN_S = 86_400
"""Alerts count for a day of block time, where nothing else is said."""
WEIGHTS: dict[Severity, int] = {"low": 250_000, "medium": 500_000, "high": 750_000, "critical": 1_000_000}
"""Parts of a million of an alert's own score."""
Say = Callable[[str], None]


def risk(alerts: Iterable[Alert]) -> int:
    """Parts of a million: how likely at least one of them is true, were they independent, each with its score
    times the weight of its severity. Monotone: one more alert, a higher score or a graver one never lowers
    it.
    """
    spared, whole = 1, 1
    for alert in alerts:
        if choosing.ended(alert) is None:
            spared *= WORST * WORST - round(alert.score * WORST) * WEIGHTS[alert.severity]
            whole *= WORST * WORST
    return WORST - -(-WORST * spared // whole)


def towards(scale: Scale, before: int, wanted: int) -> int:
    """As far towards what is wanted as the contract lets a score move at once."""
    return max(before - scale.fall, min(before + scale.rise, wanted))


@dataclass(slots=True)
class Oracle:
    """Keeps the score of one vault fresh. Without `sender` it only says what it would write."""

    reading: GuardReading
    node: Speaker
    limit: LimitContract
    chain: int
    vault: str
    say: Say
    sender: Sender | None = None
    within: int = WITHIN_S
    trouble: str = field(default="", init=False)
    said: str = field(default="", init=False)

    def check(self) -> None:
        """Raises BadInput where the key may not write, or no limit of ours is there."""
        oracle = self.limit.oracle()
        if self.sender is not None and oracle != self.sender.address:
            raise BadInput(
                f"the key is that of {self.sender.address}, and the oracle of {self.limit.address} is "
                f"{oracle}: give its --key-file, or have the limit's owner name another"
            )

    def step(self) -> bool:
        """Writes a score where it is due. Whether nothing is under way."""
        self.trouble = ""
        if self.sender is not None:
            self.sender.look()
            if self.sender.waits():
                return False
        scale, now = self.limit.scale(), self.node.block_time()
        wanted = self._wanted(scale, now)
        if wanted is not None:
            self._write(scale, now, wanted)
        return True

    def _wanted(self, scale: Scale, now: int) -> int | None:
        """None where the store is not fresh enough to say: then the score goes stale, as it should."""
        judged = self.reading.judged(self.chain)
        if judged is None or judged.timestamp is None or judged.timestamp < now - scale.lifetime:
            self.trouble = (
                "the store is behind the chain: no score is written, and the limit becomes `unknown`"
            )
            return None
        named = self.reading.naming(self.chain, [self.vault], judged.timestamp - self.within)
        return risk(alert_in(each.record, self.chain, each.alert_id) for each in named)

    def _write(self, scale: Scale, now: int, wanted: int) -> None:
        before, at = self.limit.score(), self.limit.scored_at()
        score = towards(scale, before, wanted)
        is_fresh = at != 0 and now <= at + scale.lifetime // 2
        if (is_fresh and score == before) or (at != 0 and now < at + scale.interval):
            return
        words = f"score {score} of {WORST} for {self.vault} (its alerts say {wanted}, before it was {before})"
        if self.sender is None:
            self._say_once(f"guard: would write {words}")
            return
        try:
            self.sender.send(Wanted(f"score {self.vault} {at} {score}", self.limit.address, writing(score)))
        except Refused as error:
            self.trouble = f"the limit takes no score: {why(error)}"
            return
        self.say(f"guard: {words}")

    def _say_once(self, words: str) -> None:
        if words != self.said:
            self.say(words)
        self.said = words


def run(oracle: Oracle, stop: threading.Event, once: bool = False, poll_s: float = POLL_S) -> None:
    """Until `stop`, or, `once`, until what is due is written. Outages of store and node are waited for."""
    said = ""
    while not stop.is_set():
        idle = False
        try:
            idle = oracle.step()
            trouble = oracle.trouble
        except (Unreachable, NodeMisbehaved, CannotPay, Refused) as error:
            trouble = str(error)
        if trouble and trouble != said:
            oracle.say(f"guard: waiting: {trouble}")
        said = trouble
        if once and (idle or trouble) and (oracle.sender is None or not oracle.sender.waits()):
            return
        stop.wait(poll_s)
