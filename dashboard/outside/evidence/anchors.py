"""What is anchored of an alert: taken from a store into a bundle, and checked by itself. Whether its root is
on any chain a bundle cannot show: see `in_contract`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.outside.anchoring import proving
from dashboard.outside.anchoring.proving import Proof
from dashboard.outside.anchoring.stretches import final_record
from dashboard.outside.evidence.bundle import Anchored, Bundle
from dashboard.outside.evidence.canonical import canonical
from dashboard.outside.evidence.claims import Claim
from dashboard.outside.evidence.proofs import ALERT, Checked
from dashboard.store import Reader
from dashboard.store.anchors import StretchRow, last_stretch_with, stretch_of, stretches_after
from detectors.alerts.alert import Alert
from ingest.model.errors import BadInput

WHAT = "the revision that is anchored"
MOST_LATER = 100
"""Proofs that later stretches say nothing, of one bundle; it says how many more there were."""
_WAITS = "waiting"


def anchored_of(reader: Reader, chain_id: int, alert_id: str) -> Anchored | None:
    """The proof of what was said last of an alert in a stretch that is in a block, and that later ones say
    nothing of it. None where nothing of it is, or only an older revision: that would show it as it no longer
    is. Raises BadInput where the store was edited.
    """
    first = last_stretch_with(reader, chain_id, alert_id)
    row = None if first is None else stretch_of(reader, chain_id, first)
    if row is None or row.state == _WAITS:
        return None
    later = [each for each in stretches_after(reader, chain_id, row.last) if _is_told(each)]
    shown = [proving.prove(reader, chain_id, alert_id, each.first) for each in later[:MOST_LATER]]
    proof = proving.prove(reader, chain_id, alert_id, row.first)
    return Anchored(proof, shown, max(0, len(later) - MOST_LATER))


def _is_told(row: StretchRow) -> bool:
    """Whether a stretch is in a block and says something: of an empty one the root says that it does not."""
    return row.state != _WAITS and row.leaves > 0


def check_anchored(bundle: Bundle, alert: Alert, found: Checked) -> None:
    """Refuses what does not lead to its root, is no revision of this alert, or says that it has changed."""
    told = bundle.anchored
    if told is None:
        return
    proof = _checked(told.proof, "present", "/anchored/proof", alert, found)
    if proof is None or proof.record is None:
        return
    _check_record(bundle, alert, told.proof["record"], proof.record, found)
    last = proof.stretch.last
    for at, plain in enumerate(told.later):
        place = f"/anchored/later/{at}"
        silent = _checked(plain, "absent", place, alert, found)
        if silent is not None and silent.stretch.first <= last:
            found.refuse("wrong-anchor-proof", f"{place}/stretch/first", f"it is not above block {last}")
        last = last if silent is None else silent.stretch.last
    note = "under a root that is not known to be anchored: give --anchor-rpc and --anchor"
    found.claims.append(Claim(WHAT, "signed", note))


def _checked(plain: Mapping[str, Any], says: str, place: str, alert: Alert, found: Checked) -> Proof | None:
    try:
        proof = proving.parsed(plain)
        proving.check(proof)
        if plain.get("format") != proving.FORMAT or proof.says != says:
            raise BadInput(f"it is no proof of format {proving.FORMAT!r} that something is {says}")
        if (proof.chain_id, proof.alert_id) != (alert.chain_id, alert.id):
            raise BadInput(f"it is of alert {proof.alert_id} of chain {proof.chain_id}")
    except BadInput as error:
        found.refuse("wrong-anchor-proof", place, str(error))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        found.refuse("wrong-anchor-proof", place, f"it is no whole proof: {error}"[:200])
    else:
        return proof
    return None


def _check_record(
    bundle: Bundle, alert: Alert, plain: Mapping[str, Any], record: str, found: Checked
) -> None:
    """What is anchored is a revision of the alert, and none that is newer than the one that is shown."""
    place, updated = "/anchored/proof/record", plain.get("updated_block")
    if plain.get("status") == "retracted" and alert.status != "retracted":
        found.refuse("retracted", f"{ALERT}/status", f"it is anchored as retracted, and says {alert.status}")
    elif isinstance(updated, int) and updated > alert.updated_block:
        found.refuse(
            "stale", place, f"it is anchored as of block {updated}, the alert ends with an older one"
        )
    elif record != shown(alert) and not _is_filed(bundle, record):
        found.refuse("anchored-otherwise", place, "no revision in the bundle is like it")


def _is_filed(bundle: Bundle, record: str) -> bool:
    """Whether the bundle has the revision, or leaves out older ones, among which it may be."""
    filed = bundle.filed
    if filed is None:
        return False
    return filed.left_out > 0 or record in {_final(each.record) for each in filed.revisions}


def _final(record: Mapping[str, Any]) -> str | None:
    return final_record(canonical(record).decode()) if "status" in record else None


def shown(alert: Alert) -> str:
    """The text of an alert as it would be anchored."""
    return final_record(canonical(alert.to_dict()).decode())
