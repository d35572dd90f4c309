"""What every detector must be, whatever it looks for. A check fails by assertion; `test_teeth.py` shows for
each a detector that it refuses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from detectors.base import TIERS, Detector, Finding
from detectors.engine.judge import scored
from detectors.engine.sight import Look
from detectors.library.rules.detector import CATEGORY
from detectors.parts.lines import BLOCK
from ingest.model.batch import Batch
from tests.contract.categories import CATEGORIES
from tests.contract.told import judged
from tests.contract.worlds import BRIEF, SHORT, Worlds
from tests.fixtures.restarts import another

Check = Callable[[Detector, Worlds], None]
SUBJECTS = {"wallet", "transaction", "token", "pool", "contract", "flow", "node"}
ROLES = {"attacker", "victim", "intermediary", "infrastructure", "subject"}


def explains_itself(detector: Detector, _worlds: Worlds) -> None:
    """Its docstring says what it catches, when it fails, what it costs, and the source with a figure."""
    text = type(detector).__doc__ or ""
    assert re.match(r"\w.{20,}", text), "the docstring begins with what it catches"
    for word in ("Fails:", "Costs", "Source:"):
        assert word in text, f"the docstring has no {word}"
    assert re.search(r"\d", text.split("Source:")[1]), "the source comes with its published figure"
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", detector.name)
    assert detector.needs in TIERS
    assert detector.catches
    assert set(detector.catches) <= CATEGORIES | {CATEGORY}, "categories have fixed names (see categories.py)"


def scoring_twice_changes_nothing(detector: Detector, worlds: Worlds) -> None:
    """`score` is pure: the same answer again, also from another instance, and nothing has changed."""
    told = 0
    for batch, look, found in judged(detector, worlds.long.batch, SHORT, BRIEF):
        before, own = _snapshot(batch, look), dict(vars(detector))
        assert scored(detector, look) == found, "the same answer again"
        assert scored(another(detector), look) == found, "the same answer again"
        assert vars(detector) == own, "a detector keeps nothing in itself"
        assert _snapshot(batch, look) == before
        told += len(found)
    assert told, "it finds nothing in a chain that holds what it promises"


def _snapshot(batch: Batch, look: Look) -> dict[str, Any]:
    """Copies, as plain values, of frames and of what parts say."""
    frames = {name: frame.to_dict(as_series=False) for name, frame in batch.frames().items()}
    said = {
        f"{part}.{name}": {column: values.tobytes() for column, values in table.items()}
        for part, tables in look.tables.items()
        for name, table in tables.items()
    }
    return {**frames, **said}


def scores_and_thresholds_are_sound(detector: Detector, worlds: Worlds) -> None:
    """Scores are finite and in [0, 1], of six decimals; every threshold stands beside what was measured."""
    found = _findings(detector, worlds)
    times = dict(worlds.long.batch.blocks.select("block_number", "timestamp").iter_rows())
    assert [f.block_number for f in found] == sorted(f.block_number for f in found), "chain order"
    for finding in found:
        assert math.isfinite(finding.score), "not finite"
        assert 0.0 <= finding.score <= 1.0, "not in [0, 1]"
        assert finding.score == round(finding.score, 6)
        assert finding.thresholds.keys() <= finding.measured.keys()
        assert finding.category in detector.catches
        assert finding.subject_kind in SUBJECTS
        assert finding.timestamp == times[finding.block_number]
        assert finding.explanation.endswith(".") or not finding.alerts, "a sentence for a person"


def evidence_is_really_in_the_chain(detector: Detector, worlds: Worlds) -> None:
    """What alerts has evidence, each row of it on the chain, and the newest in the finding's own block."""
    chain = worlds.long.batch
    place_of = ("transaction_hash", "log_index", "index_in_log")
    moved = {tuple(row[name] for name in place_of): row for row in chain.transfers.iter_rows(named=True)}
    logs = {(row[0], row[1], 0) for row in chain.logs.select("transaction_hash", "log_index").iter_rows()}
    logs |= {(sent, -1, 0) for sent in chain.transactions["transaction_hash"]}
    blocks = set(chain.blocks.select("block_hash", "block_number").iter_rows())
    for finding in _alerting(detector, worlds):
        assert finding.rows, "an alert has evidence"
        for row in finding.rows:
            place = (row.transaction_hash, row.log_index, row.index_in_log)
            is_block = row.kind == BLOCK and (row.transaction_hash, row.block_number) in blocks
            assert place in moved or place in logs or is_block, "no such row"
            if row.amount is not None:
                for name in ("block_number", "from_address", "to_address", "token", "amount"):
                    assert getattr(row, name) == moved[place][name], f"another {name}"
                assert row.kind in (None, moved[place]["standard"]), "another kind"
        assert max(row.block_number for row in finding.rows) == finding.block_number


def the_transaction_named_completes_the_evidence(detector: Detector, worlds: Worlds) -> None:
    """`transaction` is the last of the evidence in chain order, a block itself behind all in it; the alert is
    named after it.
    """
    chain = worlds.long.batch
    sent = chain.transactions.select("transaction_hash", "block_number", "transaction_index").iter_rows()
    order = {hash_: (block, index) for hash_, block, index in sent}
    blocks = chain.blocks.select("block_hash", "block_number").iter_rows()
    order |= {hash_: (block, 2**32) for hash_, block in blocks}
    for finding in _alerting(detector, worlds):
        hashes = [row.transaction_hash for row in finding.rows]
        assert finding.transaction == max(hashes, key=order.__getitem__), "named after another"


def roles_are_single_and_just(detector: Detector, worlds: Worlds) -> None:
    """Nobody has two roles in one finding; an attacker, or what an anomaly is about, is named; no attacker is
    a story's victim.
    """
    victims = {victim for story in worlds.long.stories for victim in story.victims}
    for finding in _alerting(detector, worlds):
        named = [address for address, _ in finding.roles]
        assert len(named) == len(set(named)), "one role an address"
        assert {role for _, role in finding.roles} <= ROLES
        assert {"attacker", "subject"} & {role for _, role in finding.roles}
        attackers = {address for address, role in finding.roles if role == "attacker"}
        assert not attackers & victims, "a victim is never named attacker"


def _alerting(detector: Detector, worlds: Worlds) -> list[Finding]:
    found = [finding for finding in _findings(detector, worlds) if finding.alerts]
    assert found, "it never alerts in a chain that holds what it promises"
    return found


def _findings(detector: Detector, worlds: Worlds) -> list[Finding]:
    """All it says of the long chain, whether it alerts or only scores; worked out once for every check."""

    def every() -> list[Finding]:
        return [f for _, _, found in judged(detector, worlds.long.batch, SHORT, BRIEF) for f in found]

    return worlds.once("findings", detector, every)
