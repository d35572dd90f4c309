"""What a release gives away, and what it is good for, at each epsilon: measured, not only promised.

The attack knows every wallet but one, and that one's bins: the strongest that differential privacy speaks of.
It says "member" where the likelihood of the noised counts is higher with the wallet than without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log, tanh

import numpy as np

from dashboard.outside.sharing import bins
from dashboard.outside.sharing.noise import Noise
from dashboard.outside.sharing.release import released, true_counts
from dashboard.outside.sharing.thresholds import pooled, threshold
from dashboard.outside.sharing.wallets import Wallets
from dashboard.store.epsilon import told as as_told
from detectors.evaluate.intervals import wilson
from detectors.models.outliers import Matrix


@dataclass(frozen=True, slots=True)
class Attack:
    """Of those with the wallet (and those without) how many were called a member's; `most`: the advantage
    that epsilon allows, tanh(epsilon / 2).
    """

    micro_epsilon: int
    trials: int
    right: int
    wrong: int

    @property
    def advantage(self) -> float:
        return (self.right - self.wrong) / self.trials

    @property
    def most(self) -> float:
        return tanh(self.micro_epsilon / 2_000_000)

    @property
    def least_epsilon(self) -> float:
        """That these trials alone prove: log of the ratio of both rates, at the ends of their intervals."""
        low, high = wilson(self.right, self.trials)[0], wilson(self.wrong, self.trials)[1]
        return max(0.0, log(low / high)) if low > 0 else 0.0


def attacked(wallets: Wallets, features: list[str], micro_epsilon: int, trials: int) -> Attack:
    """Each trial is about another wallet, drawn in turn, and draws noise of its own."""
    noise, without = Noise(micro_epsilon, len(features)), true_counts(wallets, features)
    hits = {True: 0, False: 0}
    for at in range(trials):
        row = wallets.rows[at * 7919 % len(wallets.rows)]
        known = np.array(
            [
                counts[bins.place(name, row[bins.column(name)][None])[0]] - 1
                for name, counts in zip(features, without, strict=True)
            ]
        )
        for is_member in (True, False):
            seen = noise.on(known + is_member)
            # The likelihood falls by exp(-1 / scale) with each step away, with or without the wallet.
            hits[is_member] += int((np.abs(seen - known) - np.abs(seen - known - 1)).sum() > 0)
    return Attack(micro_epsilon, trials, hits[True], hits[False])


@dataclass(frozen=True, slots=True)
class Gain:
    """How far off the share of a later world's wallets above the thresholds is from the share that was
    wanted, over all features and draws: root of the mean square of log(share / wanted), and the mean share.
    """

    name: str
    error: float
    share: float


def gains(
    own: Wallets, others: Sequence[Wallets], later: Wallets, features: list[str], rate: float,
    epsilons: Sequence[int], young: int, draws: int,
) -> Iterator[Gain]:  # fmt: skip
    """Thresholds by `young` wallets of one's own alone, as they are; with others' noised histograms at each
    epsilon added to one's own true ones; with others' true ones, as if nobody minded; and as if one had known
    the later wallets. Each draw is of other wallets of one's own, and of other noise.
    """
    mine = [sample(own, young, seed) for seed in range(draws)]
    alone = [[_quantile(each.rows[:, bins.column(name)], rate) for name in features] for each in mine]
    yield _gain("own wallets alone", alone, later, features, rate)
    for micro in epsilons:
        told = [pooled([released(each, features, micro) for each in others]) for _ in mine]
        yield _gain(f"epsilon {as_told(micro)}", _set(mine, told, features, rate), later, features, rate)
    true = [dict(zip(features, true_counts(each, features), strict=True)) for each in others]
    whole = {name: np.sum([each[name] for each in true], axis=0) for name in features}
    yield _gain("others' true histograms", _set(mine, [whole] * draws, features, rate), later, features, rate)
    best = [[_quantile(later.rows[:, bins.column(name)], rate) for name in features]]
    yield _gain("the later wallets themselves", best, later, features, rate)


def _quantile(values: Matrix, rate: float) -> float:
    """The lowest value above which at most `rate` of them lie."""
    return float(np.sort(values)[values.size - 1 - int(rate * values.size)])


def _set(
    mine: Sequence[Wallets], told: Sequence[dict[str, bins.Counts]], features: list[str], rate: float
) -> list[list[float]]:
    """Of each draw a threshold for each feature."""
    return [
        [
            threshold(name, counts + others[name], rate)
            for name, counts in zip(features, true_counts(each, features), strict=True)
        ]
        for each, others in zip(mine, told, strict=True)
    ]


def _gain(name: str, found: list[list[float]], later: Wallets, features: list[str], rate: float) -> Gain:
    shares = np.array(
        [
            (later.rows[:, bins.column(each)] > limit).mean()
            for limits in found
            for each, limit in zip(features, limits, strict=True)
        ]
    )
    least = 0.5 / len(later.rows)
    off = np.log(np.maximum(shares, least) / rate)
    return Gain(name, float(np.sqrt((off**2).mean())), float(shares.mean()))


def sample(wallets: Wallets, count: int, seed: int) -> Wallets:
    """Some of its wallets, as a young instance has them."""
    return wallets.at(np.sort(np.random.default_rng(seed).permutation(len(wallets.who))[:count]).tolist())
