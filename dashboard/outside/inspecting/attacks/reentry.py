"""Re-entry: whoever is paid calls the contract again before its books are right."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard.outside.inspecting.lab import STAKE, Lab, Way, templates
from dashboard.outside.inspecting.outcome import Count, Outcome, amount, found, missed
from ingest.localchain.chain.wallet import Address, call_data

KIND = "re-entry"
_OTHERS = 20
"""Times what the attacker puts in is what others have put in before."""
_DUST = 10**12
_LAY = "lay((address,uint256,bytes)[],uint256)"


def reentry(lab: Lab) -> Outcome:
    """For each way in and out again, of the coin and of a token that may call its receiver (plain stand-ins
    do not): every function is tried from inside of the payment. Found where two probes have more in the end
    than they put in.
    """
    count, dealt = lab.count(KIND), False
    for asset in lab.assets():
        if asset in (lab.stage.money, lab.stage.gem):
            continue
        for way_in in lab.ways_in(asset):
            dealt = True
            outcome = _against(lab, way_in, count)
            if outcome is not None:
                return outcome
    return missed(KIND, count, "" if dealt else "nothing that calls its receiver can be put into it")


def _against(lab: Lab, way_in: Way, count: Count) -> Outcome | None:
    stage = lab.stage
    with lab.fork.undone():
        lab.enter(stage.victim, way_in, _OTHERS * STAKE)
        if not lab.enter(stage.probe, way_in, STAKE):
            return None
        amounts = [STAKE, *lab.claims(stage.probe)]
        ways = lab.ways_out(way_in.asset, stage.probe, amounts)
        for way_out, out in ways:
            if _pays_anyway(lab, way_out, out):
                continue
            for inside, words in _answers(lab, way_out, out):
                if not count.more():
                    return None
                with lab.fork.undone():
                    gain = _raid(lab, way_out, out, inside)
                    if gain > _DUST:
                        said = (
                            f"while {way_out.function.name} pays, {words} is called again: "
                            f"{amount(gain)} more came out than went in"
                        )
                        return found(KIND, said, count, lab.fork)
    return None


def _pays_anyway(lab: Lab, way_out: Way, out: int) -> bool:
    """Whether more comes out without being entered again: then anybody may take, which is another kind."""
    with lab.fork.undone():
        return _raid(lab, way_out, out, None) > _DUST


def _answers(lab: Lab, way_out: Way, out: int) -> Iterator[tuple[str, str]]:
    """What is called from inside: the same first, then all else, for oneself or for the other probe."""
    yield way_out.data(lab.stage.probe, out), way_out.function.name
    for function in lab.subject.acts:
        for arguments in templates(function)[:4]:
            for who in (lab.stage.other, lab.stage.probe):
                yield Way(function, arguments, way_out.asset).data(who, out), function.name


def _raid(lab: Lab, way_out: Way, out: int, inside: str | None) -> int:
    """What both probes have more than the stake, after everything that is theirs was taken out."""
    stage, asset = lab.stage, way_out.asset
    both = (stage.probe, stage.other)
    before = sum(lab.fork.noted(each, asset) for each in both)
    answer = [(lab.subject.address, 0, bytes.fromhex(inside[2:]))] if inside else []
    lab.fork.send(stage.attacker, stage.probe, call_data(_LAY, answer, 3))
    if not lab.do(stage.probe, way_out, out):
        return 0
    lab.fork.send(stage.attacker, stage.probe, call_data(_LAY, [], 0))
    for who in both:
        _take(lab, way_out, who, out)
    return sum(lab.fork.noted(each, asset) for each in both) - before - STAKE


def _take(lab: Lab, way_out: Way, who: Address, out: int) -> None:
    for each in dict.fromkeys([out, *lab.claims(who)]):
        if lab.do(who, way_out, each):
            return
