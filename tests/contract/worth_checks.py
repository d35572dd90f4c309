"""Whether a detector is worth having: it finds its attacks better than chance, and lets the honest be."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from statistics import mean

from detectors.alerts.alert import ACCUSED
from detectors.base import Detector, hexed
from detectors.engine.engine import Engine
from detectors.library.node_divergence import node_id
from tests.contract import stories
from tests.contract.worlds import LASTING, SEEDS, World, Worlds

LEAST_POSITIVES = 40
MARGIN = 0.5
"""How far above chance a detector must be. Attackers are at most one wallet in sixteen here: chance is near
a tenth: a half more asks that most of what it flags is right, and most of what is there is found.
"""
DRAWS = 20


@dataclass(frozen=True)
class Trial:
    """What a detector said of a world: wallets it alerted about, and each wallet's highest score, be it the
    subject or accused by an alert about a token.
    """

    world: World
    accused: frozenset[bytes]
    scores: dict[str, float]

    def wallets(self) -> list[bytes]:
        """Everybody who pays or is paid, but for attackers whom a detector need not name; and nodes."""
        moved, told = self.world.batch.transfers, self.world.batch.disagreements
        seen = set(moved["from_address"].to_list()) | set(moved["to_address"].to_list())
        seen |= {node_id(name) for name in told["node"]}
        spared = {a for story in self.world.attacks for a in story.attackers if a != story.subject}
        return sorted(seen - spared - {bytes(20)})

    def truth(self) -> list[bool]:
        subjects = {story.subject for story in self.world.attacks}
        return [wallet in subjects for wallet in self.wallets()]


def tried(detector: Detector, worlds: Worlds) -> list[Trial]:
    """The detector over attacks and hard negatives of all it promises, world by world. One of several of a
    category has stories of its own name.
    """
    own = detector.name in stories.categories()
    promised = (detector.name,) if own else detector.catches
    chosen = [(category, seed) for category in promised for seed in SEEDS]
    return worlds.once("trials", detector, lambda: [_tried(detector, worlds.of(*each)) for each in chosen])


def _tried(detector: Detector, world: World) -> Trial:
    engine = Engine(1, [detector], LASTING, follows=False, keep_all=True)
    scores: dict[str, float] = {}
    for score in engine.take(world.batch).scores:
        scores[score.subject] = max(score.score, scores.get(score.subject, 0.0))
    raised = [alert for alert in engine.standing() if alert.suppressed_by is None]
    for alert in raised:
        accusing = [role.address for role in alert.roles if role.role in ACCUSED]
        scores |= {who: max(alert.score, scores.get(who, 0.0)) for who in accusing}
    accused = {role.address for alert in raised for role in alert.roles if role.role in ACCUSED}
    return Trial(world, frozenset(bytes.fromhex(address[2:]) for address in accused), scores)


def finds_more_than_chance(detector: Detector, worlds: Worlds) -> None:
    """F1 of its alerts over wallets, against accusing everybody and against accusing as many at random."""
    trials = tried(detector, worlds)
    truth = [is_one for trial in trials for is_one in trial.truth()]
    flags = [wallet in trial.accused for trial in trials for wallet in trial.wallets()]
    assert sum(truth) >= LEAST_POSITIVES, "too few attacks to say anything"
    everybody, rng = f1([True] * len(truth), truth), Random(0)
    chance = mean(f1(rng.sample(flags, len(flags)), truth) for _ in range(DRAWS))
    assert f1(flags, truth) >= max(everybody, chance) + MARGIN, "no better than chance"


def ranks_better_than_chance(detector: Detector, worlds: Worlds) -> None:
    """Average precision of its scores over wallets, against one score for all and against random scores."""
    trials = tried(detector, worlds)
    truth = [is_one for trial in trials for is_one in trial.truth()]
    scores = [trial.scores.get(hexed(wallet), 0.0) for trial in trials for wallet in trial.wallets()]
    constant, rng = average_precision([0.5] * len(truth), truth), Random(0)
    chance = mean(average_precision([rng.random() for _ in truth], truth) for _ in range(DRAWS))
    assert average_precision(scores, truth) >= max(constant, chance) + MARGIN, "no better than chance"


def flags_none_of_its_hard_negatives(detector: Detector, worlds: Worlds) -> None:
    """Nobody in an honest story is accused, and no victim."""
    for trial in tried(detector, worlds):
        assert len({story.name.rsplit(" ", 1)[0] for story in trial.world.negatives}) >= 3, "several kinds"
        for story in trial.world.stories:
            wrongly = (story.wallets | story.victims) & trial.accused
            assert not wrongly, f"it accuses the honest in {story.name}: {[*map(hexed, wrongly)]}"


def f1(flags: list[bool], truth: list[bool]) -> float:
    """2 TP / (2 TP + FP + FN)."""
    hits = sum(flag and is_one for flag, is_one in zip(flags, truth, strict=True))
    return 2 * hits / (sum(flags) + sum(truth))


def average_precision(scores: list[float], truth: list[bool]) -> float:
    """Precision at each score, weighed by the recall it adds. A constant gets the share of attacks."""
    order = sorted(zip(scores, truth, strict=True), reverse=True)
    total, seen, hits, area = sum(truth), 0, 0, 0.0
    for at, (score, _) in enumerate(order):
        if at + 1 == len(order) or order[at + 1][0] != score:
            added = sum(is_one for _, is_one in order[seen : at + 1])
            seen, hits = at + 1, hits + added
            area += added / total * hits / seen
    return area
