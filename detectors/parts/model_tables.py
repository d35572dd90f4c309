"""The feature tables that trained models read: of deployed code, and of wallets.

A table is stated once, here: what a model was trained on and what it scores come out of the same lines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import SubjectKind
from detectors.kernels.habits import WALLET_FEATURES
from detectors.memory.layout import Array
from detectors.models.outliers import Matrix
from detectors.parts.aims import targets
from detectors.parts.code_shapes import SHAPE
from detectors.parts.contract import Seen, Tier
from detectors.parts.deployments import wired
from detectors.parts.lines import place_of
from detectors.parts.people import People

USERS, MAKERS = 24, 2
"""From which on a contract is everybody's (see `detectors.parts.aims`): as suspicious-contract has it."""
MAKER_ROWS = 100
"""Rows of a maker that are counted: with more he is no newcomer."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a feature table in chain order: the block of each, its time, whom it is about, who made that
    (itself where nobody did), the transaction, and `values` [n, columns]. Lines of one `kin` are as good as
    the same: evaluation never trains on some of them and tests on others.
    """

    block: Array
    time: Array
    who: tuple[bytes, ...]
    maker: tuple[bytes, ...]
    transaction: tuple[bytes, ...]
    kin: tuple[bytes, ...]
    values: Matrix


@dataclass(frozen=True, slots=True)
class ModelTable:
    """`lines` reads a piece of the chain as a detector that `reads` these parts sees it. `category`: labels
    of which (also those that are `also` of it) make a line a true one; None: of any attack. `steady`: whether
    a line is about its subject whenever the attack took place, as code is; else only lines within the
    attack's blocks are.
    """

    name: str
    about: str
    columns: tuple[str, ...]
    reads: tuple[str, ...]
    needs: Tier
    subject_kind: SubjectKind
    category: str | None
    steady: bool
    lines: Callable[[Seen], Lines | None]


def _of_contracts(seen: Seen) -> Lines | None:
    """A line for each contract with code, in the block that deployed it."""
    shapes, made = seen.of("code-shapes").get("shapes"), seen.of("deployments").get("made")
    if shapes is None or made is None:
        return None
    asked = {
        (int(row), int(who)): n
        for n, (row, who) in enumerate(zip(made["row"], made["contract"], strict=True))
    }
    found = [
        _of_contract(seen, {name: float(shapes[name][i]) for name in SHAPE}, asked[int(row), int(who)])
        for i, (row, who) in enumerate(zip(shapes["row"], shapes["contract"], strict=True))
    ]
    return _joined(found)


def _of_contract(seen: Seen, shape: dict[str, float], line: int) -> Lines:
    made = seen.of("deployments")["made"]
    place = place_of(seen, int(made["row"][line]))
    people, maker = People(seen, place["block_number"]), int(made["maker"][line])
    around = [
        float(seen.address(maker) in wired(made, line)),
        float(len(targets(people, made, line, USERS, MAKERS))),
        float(min(MAKER_ROWS, people.rows(maker)["row"].size)),
    ]
    code = np.array([shape[name] for name in SHAPE])
    return Lines(
        np.array([place["block_number"]]),
        np.array([place["timestamp"]]),
        (seen.address(int(made["contract"][line])),),
        (seen.address(maker),),
        (place["transaction"],),
        (code.tobytes(),),
        np.concatenate([code, around])[None, :],
    )


def _joined(found: list[Lines]) -> Lines:
    def of(name: str) -> tuple[bytes, ...]:
        return tuple(each for line in found for each in getattr(line, name))

    block, time, values = (
        np.concatenate([getattr(line, name) for line in found]) for name in ("block", "time", "values")
    )
    return Lines(block, time, of("who"), of("maker"), of("transaction"), of("kin"), values)


def _of_wallets(seen: Seen) -> Lines | None:
    """A line for each wallet that a block touched and that sends transactions, at the block's end."""
    table = seen.of("habits").get("wallets")
    if table is None:
        return None
    who = tuple(each.tobytes() for each in seen.addresses(table["id"]))
    values = np.stack([table[name] for name in WALLET_FEATURES], axis=1)
    return Lines(table["block"], table["time"], who, who, (b"",) * len(who), who, values)


CONTRACT_CODE = ModelTable(
    "contract-code", "deployed code, its maker, and at whom it is aimed",
    (*SHAPE, "maker_wired", "aims", "maker_rows"),
    ("deployments", "code-shapes"), "code", "contract", "suspicious-contract", True, _of_contracts,
)  # fmt: skip
WALLET = ModelTable(
    "wallet", "wallets at the end of each block that touched them", WALLET_FEATURES,
    ("habits",), "transfers", "wallet", None, False, _of_wallets,
)  # fmt: skip
TABLES = {table.name: table for table in (CONTRACT_CODE, WALLET)}
COLUMNS = {name: table.columns for name, table in TABLES.items()}
