"""First depositor: who comes first sets the price of a share so high that the next one gets none."""

from __future__ import annotations

import itertools

from dashboard.outside.inspecting.lab import STAKE, Lab, Way
from dashboard.outside.inspecting.outcome import Count, Outcome, amount, found, missed
from dashboard.outside.inspecting.stage import provide
from ingest.localchain.chain.wallet import call_data

KIND = "first-depositor"
_SEEDS = (1, 2, 1_000)
_GIFTS = ((1, 2), (1, 1), (2, 1), (10, 1), (1, 10))
"""Of what the victim pays in, what the attacker gives the contract before, as a fraction."""


def first_depositor(lab: Lab) -> Outcome:
    """Found where the attacker takes out more than he put in and gave, all of it of the victim's."""
    count, dealt = lab.count(KIND), False
    for asset in lab.assets():
        if asset is None:
            continue
        if not lab.subject.fresh and lab.fork.held(lab.subject.address, asset):
            return missed(KIND, count, "somebody has paid in already, so nobody can be the first")
        for way_in in lab.ways_in(asset):
            dealt = True
            for seed, (over, under) in itertools.product(_SEEDS, _GIFTS):
                if not count.more():
                    return missed(KIND, count)
                outcome = _try(lab, way_in, seed, STAKE * over // under, count)
                if outcome is not None:
                    return outcome
    return missed(KIND, count, "" if dealt else "no way was found to put a token into it")


def _try(lab: Lab, way_in: Way, seed: int, gift: int, count: Count) -> Outcome | None:
    stage, fork, asset = lab.stage, lab.fork, way_in.asset
    assert asset is not None
    with fork.undone():
        provide(fork, stage, stage.probe, asset, gift + seed + 1)
        before = fork.noted(stage.probe, asset)
        lab.allow(asset, stage.probe)
        if not lab.do(stage.probe, way_in, seed):
            return None
        lab.act(asset, call_data("transfer(address,uint256)", lab.subject.address, gift + 1))
        if not lab.enter(stage.victim, way_in, STAKE):
            return None
        amounts = [*reversed(lab.claims(stage.probe)), gift + STAKE, seed, 1]
        for way_out, out in lab.ways_out(asset, stage.probe, amounts):
            with fork.undone():
                lab.do(stage.probe, way_out, out)
                gain = fork.noted(stage.probe, asset) - before
                if gain > STAKE // 1_000:
                    said = (
                        f"{seed} units paid in by {way_in.function.name}, {amount(gift)} given: of the next "
                        f"one's {amount(STAKE)} the first takes {amount(gain)} by {way_out.function.name}"
                    )
                    return found(KIND, said, count, fork)
    return None
