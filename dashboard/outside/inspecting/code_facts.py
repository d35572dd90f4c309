"""What code says before anybody calls it: its features, and whether it is aimed at another's contract."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.outside.inspecting.subject import Subject
from detectors.library.suspicious_contract import Settings, Weapon
from detectors.parts import bytecode
from detectors.parts.code_shapes import shape
from ingest.localchain.chain.wallet import Address, Refusal, Wallet

_READ_BLOCKS = 200
"""How many of the newest blocks are read to see who uses what is wired into the code."""
_MAKER_ROWS = 100


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """`features`: those of `detectors.parts.code_shapes`, back from their logarithms. `alarms`: whether the
    rule of suspicious-contract holds; `score`: its score where it does, else 0. `trained`: the probability of
    a trained model and the columns that say most, where one was given.
    """

    features: dict[str, float]
    signs: tuple[str, ...]
    targets: tuple[Address, ...]
    alarms: bool
    score: float
    trained: tuple[float, tuple[str, ...]] | None

    def lines(self) -> list[str]:
        counts = {name: round(2**value - 1) for name, value in self.features.items()}
        shown = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in counts.items() if n)
        verdict = (
            f"score {self.score}: {self._why()}"
            if self.alarms
            else "score 0: it is not both for its maker alone and aimed at another's contract"
        )
        trained = [] if self.trained is None else [
            f"trained model: {self.trained[0]:.3f}, mostly by {', '.join(self.trained[1])}"
        ]  # fmt: skip
        signs = [f"signs      {', '.join(self.signs)}"] if self.signs else []
        return [f"code       {shown}", *signs, f"suspicious-contract  {verdict}", *trained]

    def _why(self) -> str:
        aim = f"aimed at {', '.join(self.targets)}" if self.targets else "made to stand behind a proxy"
        return f"it serves its maker alone and is {aim}"


def code_facts(watched: Wallet, subject: Subject, number: int, model: Path | None) -> CodeFacts:
    """The rule is the detector's own; who uses a target is read from the newest blocks of the node, which is
    all that a node can be asked for at once.
    """
    read = bytecode.read(subject.code)
    maker = bytes.fromhex(subject.maker[2:]) if subject.maker else b""
    named = maker in read.addresses
    aims = tuple(_aims(watched, subject, read.addresses, number))
    nonce = _nonce(watched, subject.maker)
    weapon = Weapon(
        0, 0, read.bits, named or bool(read.bits & bytecode.GATE), tuple(range(len(aims))),
        not subject.fresh and 0 < nonce <= Settings().young, named and bool(read.bits & bytecode.IMPLEMENTS),
    )  # fmt: skip
    alarms = weapon.alarms and bool(read.addresses)
    features = shape(subject.code)
    rows = [float(named), float(len(aims)), float(min(_MAKER_ROWS, nonce))]
    trained = None if model is None else _trained(model, [*features.values(), *rows])
    signs = tuple(weapon.signs)
    return CodeFacts(features, signs, aims, alarms, weapon.score if alarms else 0.0, trained)


def _aims(watched: Wallet, subject: Subject, addresses: tuple[bytes, ...], number: int) -> list[Address]:
    """Contracts in the code that somebody else made and that few use."""
    named = ["0x" + each.hex() for each in addresses]
    others = [each for each in named if each not in (subject.address, subject.maker)]
    codes = watched.attempt_all([("eth_getCode", [each, "latest"]) for each in others])
    held = [each for each, code in zip(others, codes, strict=True) if isinstance(code, str) and len(code) > 2]
    users = _users(watched, number) if held else {}
    return [each for each in held if len(users.get(each, ())) < Settings().users]


def _users(watched: Wallet, number: int) -> dict[Address, set[Address]]:
    """Who called what in the newest blocks."""
    numbers = range(max(0, number - _READ_BLOCKS + 1), number + 1)
    blocks = watched.attempt_all([("eth_getBlockByNumber", [hex(each), True]) for each in numbers])
    users: dict[Address, set[Address]] = {}
    for block in blocks:
        for each in [] if isinstance(block, Refusal) or not block else block["transactions"]:
            users.setdefault(str(each["to"]).lower(), set()).add(each["from"])
    return users


def _nonce(watched: Wallet, who: Address | None) -> int:
    answer: Any = watched.attempt_all([("eth_getTransactionCount", [who, "latest"])])[0] if who else "0x0"
    return 0 if isinstance(answer, Refusal) else int(answer, 16)


def _trained(model: Path, row: list[float]) -> tuple[float, tuple[str, ...]]:
    import numpy as np

    from detectors.models.model_file import load
    from detectors.parts.model_tables import COLUMNS, CONTRACT_CODE
    from ingest.model.errors import BadInput

    trained = load(model, COLUMNS)
    if trained.table != CONTRACT_CODE.name:
        raise BadInput(f"{model} is a model of {trained.table}: give one of {CONTRACT_CODE.name}")
    values = np.array(row)
    shares = trained.trees.shares(values)
    most = [trained.columns[i] for i in np.argsort(-np.abs(shares), kind="stable")[:3]]
    return float(trained.trees.probabilities(values[None, :])[0]), tuple(most)
