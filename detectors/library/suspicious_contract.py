"""Suspicious contracts: code that can only serve to take from one other contract, seen as it is deployed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.memory.layout import Columns
from detectors.parts import bytecode
from detectors.parts.aims import aimed_at, targets
from detectors.parts.contract import Seen
from detectors.parts.deployments import wired
from detectors.parts.lines import place_of
from detectors.parts.offspring import offspring
from detectors.parts.people import People


@dataclass(frozen=True, slots=True)
class Settings:
    """users: people in whose transactions a contract had a part, from which on it is everybody's (a router, a
    lender, a coin) and to have its address in one's code says nothing. makers: others in whose contracts'
    code its address stands, from which on the same holds: nodes without traces do not tell who is called by
    contracts. young: rows of a deployer up to which he has just come: money, and a few calls.
    """

    users: int = 24
    makers: int = 2
    young: int = 12


@dataclass(frozen=True, slots=True)
class Weapon:
    """A contract as it was deployed: what is wired into it, and what its code can do. `gated`: it serves its
    maker alone; `posing`: it is made to stand behind another's proxy, its maker wired in.
    """

    contract: int
    maker: int
    bits: int
    gated: bool
    targets: tuple[int, ...]
    young: bool
    posing: bool

    @property
    def alarms(self) -> bool:
        """Whether it can serve to take from one other contract and to nothing else."""
        bits = self.bits
        saves = bits & bytecode.SAVES and not bits & bytecode.REENTERS
        takes = bits & (bytecode.IN_AND_OUT | bytecode.REENTERS)
        aimed = self.gated and bits & bytecode.SILENT and self.targets and takes and not saves
        return bool(aimed or (self.posing and bits & bytecode.SWEEPS))

    @property
    def signs(self) -> list[str]:
        """What grades it, in words."""
        told = {
            bytecode.CALLED_BACK: "is called back by lenders or tokens",
            bytecode.REENTERS: "takes out again while it is being paid",
            bytecode.IN_AND_OUT: "pays in and takes out",
            bytecode.SWEEPS: "sends on all it holds",
            bytecode.DESTROYS: "can destroy itself",
        }
        signs = [words for bit, words in told.items() if self.bits & bit]
        return [*signs, *(["comes from a wallet that has just come"] if self.young else [])]

    @property
    def score(self) -> float:
        """In [0, 1]: half, and more with each sign."""
        return round(0.5 + 0.08 * len(self.signs), 6)


class SuspiciousContract:
    """Flags a contract, in the block that deploys it, that serves its maker alone and is aimed at somebody
    else's: his address is in its code (or it asks who began the transaction), it tells nobody anything, it
    pays in and takes out again, and the address of one contract that few use and that another made is wired
    into it; or it is made to stand behind another's proxy, with its maker wired in where an owner would be
    kept.

    What grades it: callbacks of lenders and hooks, paying in and taking out, sending on all it holds, being
    able to destroy itself, a maker who has just come. None of these alerts by itself: arbitrage has
    callbacks, every wallet sends on, and new companies deploy factories, vaults and tokens; a wallet for
    one's own bank, one that puts back a part of what it is paid, or one that borrows from a lender whom many
    use, is aimed at nobody.

    Contracts that it made as it was made itself, and that serve it alone, are its hands: what they do, it
    does. No receipt tells of them, so they are made again beside the chain.

    Fails: what is told its target when it is used (hard case P3, a bare executor); an exploit in a
    constructor (P2), or in a child that is made later, or whose making asks others something; a maker or a
    target kept in storage; one aimed at what many use; a maker who first gets an allowance. Costs one read of
    each new code, and a run of what makes it where it is silent and serves its maker alone.
    Source: LookAhead F1 .897 (false positives .16 %), Forta's classifier P .886 R .594.
    """

    name = "suspicious-contract"
    catches = ("suspicious-contract",)
    needs: Tier = "code"
    reads = ("deployments", "acts", "contracts")
    quiet_seconds = 30 * 86_400
    settings = Settings()

    def score(self, seen: Seen) -> list[Finding]:
        """One finding a contract: subject = who deployed it."""
        made = seen.of("deployments").get("made")
        if made is None:
            return []
        found = [self._judge(seen, made, line) for line in range(made["row"].size)]
        return [each for each in found if each is not None]

    def _judge(self, seen: Seen, made: Columns, line: int) -> Finding | None:
        row, bits = int(made["row"][line]), int(made["bits"][line])
        if not made["count"][line] or not bits & (bytecode.SILENT | bytecode.IMPLEMENTS):
            return None
        people = People(seen, place_of(seen, row)["block_number"])
        weapon = self._weapon(people, made, line, bits)
        if not weapon.alarms and weapon.gated and bits & bytecode.SILENT:
            weapon = self._with_hands(people, weapon)
        return self._finding(people, weapon, row) if weapon.alarms else None

    def _weapon(self, people: People, made: Columns, line: int, bits: int) -> Weapon:
        maker, contract = int(made["maker"][line]), int(made["contract"][line])
        named = people.seen.address(maker) in wired(made, line)
        aims = targets(people, made, line, self.settings.users, self.settings.makers)
        return Weapon(
            contract, maker, bits, named or bool(bits & bytecode.GATE), aims,
            self._is_young(people, maker), named and bool(bits & bytecode.IMPLEMENTS),
        )  # fmt: skip

    def _with_hands(self, people: People, weapon: Weapon) -> Weapon:
        """What it is with the contracts that it made at once, each of which is silent and serves it alone."""
        own, seen = (weapon.maker, weapon.contract), people.seen
        bits, targets = weapon.bits, dict.fromkeys(weapon.targets)
        for code in offspring(seen, weapon.contract, people.block):
            said = bytecode.read(code)
            serves = {seen.address(each) for each in own} & set(said.addresses) or said.bits & bytecode.GATE
            if serves and said.bits & bytecode.SILENT:
                bits |= said.bits
                aims = aimed_at(people, said.addresses, own, self.settings.users, self.settings.makers)
                targets |= dict.fromkeys(aims)
        return replace(weapon, bits=bits, targets=tuple(targets))

    def _is_young(self, people: People, maker: int) -> bool:
        rows = people.rows(maker)
        return rows["row"].size <= self.settings.young and people.is_fully_known(maker)

    def _finding(self, people: People, weapon: Weapon, row: int) -> Finding:
        seen = people.seen
        maker, contract = seen.address(weapon.maker), seen.address(weapon.contract)
        roles: list[tuple[bytes, RoleName]] = [(maker, "attacker"), (contract, "attacker")]
        roles += [(seen.address(each), "infrastructure") for each in weapon.targets]
        severity: Severity = "medium" if weapon.targets else "low"
        signs = weapon.signs
        aim = f"has {hexed(seen.address(weapon.targets[0]))} wired into its code" if weapon.targets else (
            "is made to stand behind a proxy"
        )  # fmt: skip
        return Finding(
            **place_of(seen, row),
            category="suspicious-contract",
            subject_kind="wallet",
            subject=maker,
            score=weapon.score,
            severity=severity,
            roles=tuple(roles),
            rows=seen.evidence([row]),
            measured={"targets": len(weapon.targets), "signs": len(signs)},
            thresholds={},
            explanation=(
                f"{hexed(contract)}, deployed by {hexed(maker)}, serves its maker alone and {aim}"
                f"{f'; it {_listed(signs)}' if signs else ''}."
            ),
        )


def _listed(signs: list[str]) -> str:
    return signs[0] if len(signs) == 1 else f"{', '.join(signs[:-1])} and {signs[-1]}"
