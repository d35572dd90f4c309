"""Checks a bundle by itself: its text, its shape, its signature, its proofs, and what it says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from dashboard.outside.evidence.anchors import check_anchored
from dashboard.outside.evidence.bundle import FORMAT, MOST_BYTES, Bundle, Evidence
from dashboard.outside.evidence.canonical import canonical, first_difference, parsed
from dashboard.outside.evidence.claims import OF_THE_RECORD, STATUS, Claim
from dashboard.outside.evidence.places import digests
from dashboard.outside.evidence.proofs import ALERT, KIND_OF_BLOCK, Checked, check_blocks
from dashboard.outside.evidence.rows import ProvedReceipt, Rows
from dashboard.outside.evidence.signing import is_signed
from detectors.alerts.alert import Alert, status_at
from detectors.alerts.messages import ALERT_TYPE
from detectors.engine.digest import digest_of
from detectors.engine.revisions import alert_id
from ingest.blocks.unpacked import HeaderBytes

_MODELS = (("digest", "model_digest"), ("training_rows", "training_rows_digest"))


@dataclass(frozen=True, slots=True)
class Asked:
    """What whoever verifies knows already: None where nothing is."""

    signer: str | None = None
    alert: str | None = None
    chain_id: int | None = None


def check(content: bytes, asked: Asked) -> Checked:
    """Never raises for what is in a bundle: all that is wrong with it is refused by name."""
    found = Checked()
    plain = _read(content, found)
    if plain is None:
        return found
    _check_signature(plain, asked, found)
    _type(plain, found)
    if found.bundle is None or found.alert is None:
        return found
    _check_asked(found.alert, asked, found)
    _check_alert(found.alert, found)
    proved, headers = check_blocks(found.bundle.evidence, found.alert, found)
    found.proved = proved
    _check_rows(found.bundle.evidence, found.alert, proved, headers, found)
    _check_run(found.bundle.evidence, found.alert, found)
    _check_filed(found.bundle, found.alert, found)
    _claim_the_rest(found.bundle, found)
    check_anchored(found.bundle, found.alert, found)
    return found


def _read(content: bytes, found: Checked) -> dict[str, Any] | None:
    try:
        if len(content) > MOST_BYTES:
            raise ValueError(f"it has {len(content)} bytes, more than {MOST_BYTES}")
        plain = parsed(content)
        text = canonical(plain) + b"\n"
    except (ValueError, RecursionError) as error:
        found.refuse("not-json", "the file", str(error).split("\n")[0][:200])
        return None
    if text != content:
        at = first_difference(text, content)
        found.refuse("not-canonical", f"byte {at}", f"there stands {content[at : at + 20]!r}")
    if not isinstance(plain, dict):
        found.refuse("wrong-format", "/", "it is no object")
        return None
    return plain


def _check_signature(plain: dict[str, Any], asked: Asked, found: Checked) -> None:
    signature = plain.get("signature")
    signed = signature.get("digests") if isinstance(signature, dict) else None
    if not isinstance(signature, dict) or not isinstance(signed, dict):
        return  # its shape is refused later
    made = digests(plain)
    for place in sorted(made.keys() | signed.keys()):
        if place not in signed:
            found.refuse("no-digest", place, "nobody signed it")
        elif place not in made:
            found.refuse("part-gone", str(place)[:200], "it was signed, and is not there")
        elif made[place] != signed[place]:
            found.refuse(
                "wrong-digest", place, f"it hashes to {made[place]}, not to {str(signed[place])[:64]}"
            )
    key, value = str(signature.get("key")), str(signature.get("value"))
    if not is_signed(key, signed, value):
        found.refuse("wrong-signature", "/signature/value", f"the key {key[:64]} did not sign these digests")
    if asked.signer is not None and key != asked.signer:
        found.refuse("another-signer", "/signature/key", f"{key[:64]} signed it, not {asked.signer}")


_KEYS_SINCE: dict[str, Any] = {"proven": None}
"""Keys of an alert that came after the first bundles were signed, as an alert of before has them."""


def _type(plain: dict[str, Any], found: Checked) -> None:
    told = plain.get("format")
    if isinstance(told, str) and told != FORMAT and told.startswith(FORMAT.rpartition("/")[0]):
        found.refuse(
            "wrong-format", "/format", f"{told[:40]!a}, this version reads {FORMAT}: update undertow"
        )
        return
    try:
        found.bundle = msgspec.convert(plain, Bundle)
    except (msgspec.ValidationError, RecursionError) as error:
        why, _, place = str(error).partition(" - at ")
        found.refuse("wrong-format", place.strip("`").replace("$", "") or "/", why)
        return
    try:
        plain_alert = found.bundle.evidence.alert
        kept = {**plain_alert, "status": None}
        msgspec.convert(kept, ALERT_TYPE)
        found.alert = Alert.from_dict(plain_alert)
        if found.alert.to_dict() != {**_KEYS_SINCE, **plain_alert}:
            raise ValueError("it has other keys than an alert")
    except (msgspec.ValidationError, KeyError, TypeError, ValueError) as error:
        found.refuse("not-an-alert", ALERT, str(error)[:200])


def _check_asked(alert: Alert, asked: Asked, found: Checked) -> None:
    if asked.alert is not None and alert.id != asked.alert:
        found.refuse("another-alert", f"{ALERT}/id", f"it is alert {alert.id}, not {asked.alert}")
    if asked.chain_id is not None and alert.chain_id != asked.chain_id:
        found.refuse("another-chain", f"{ALERT}/chain_id", f"it is of chain {alert.chain_id}")


def _check_alert(alert: Alert, found: Checked) -> None:
    """What an alert says of itself must agree."""
    subject = f"{alert.subject_kind}:{alert.subject_id}"
    rows = [row.transaction for row in alert.evidence]
    named = dict.fromkeys((*alert.transactions, *rows))
    made = {
        alert_id(alert.chain_id, alert.detector, subject, bytes.fromhex(each[2:]), alert.category)
        for each in named
    }
    if alert.id not in made:
        found.refuse("wrong-id", f"{ALERT}/id", "no transaction of it opens such an alert")
    else:
        found.claims.append(Claim("id: of its chain, detector, subject and a transaction of it", "proved"))
    for name, value in alert.thresholds.items():
        if name not in alert.measured:
            found.refuse("wrong-measure", f"{ALERT}/thresholds/{name}", "it was not measured")
        elif isinstance(value, str) != isinstance(alert.measured[name], str):
            found.refuse(
                "wrong-measure", f"{ALERT}/measured/{name}", "it is of another kind than its threshold"
            )
    if alert.status is None:
        found.refuse("wrong-status", f"{ALERT}/status", "in a book it is provisional, final or retracted")


def _check_rows(
    evidence: Evidence,
    alert: Alert,
    proved: Sequence[ProvedReceipt],
    headers: Mapping[int, HeaderBytes],
    found: Checked,
) -> None:
    rows = Rows(alert.chain_id, proved, evidence.facts or [])
    have = {(each.block, each.transaction) for each in proved}
    hashes = {block.number: block.hash for block in evidence.blocks}
    for at, row in enumerate(alert.evidence):
        what, place = f"row {at}", f"{ALERT}/evidence/{at}"
        if row.block_number not in headers:
            found.claims.append(Claim(what, "stated", f"nothing of block {row.block_number} is proved"))
        elif row.kind == KIND_OF_BLOCK:
            if row.transaction != hashes[row.block_number]:
                found.refuse("wrong-row", place, f"block {row.block_number} is {hashes[row.block_number]}")
            found.claims.append(Claim(what, "proved", "the block itself; what was told with it is stated"))
        elif (row.block_number, row.transaction) not in have:
            found.claims.append(Claim(what, "stated", "its transaction is under no proof"))
        else:
            derived = rows.check(row)
            if derived.wrong is not None:
                found.refuse("wrong-row", place, derived.wrong)
            else:
                found.claims.append(Claim(what, derived.standing, derived.note))


def _check_run(evidence: Evidence, alert: Alert, found: Checked) -> None:
    run = evidence.run
    if run.digest != alert.run:
        found.refuse("wrong-run", "/evidence/run/digest", f"the alert is of run {alert.run}")
    elif run.ingredients is None:
        found.claims.append(Claim(f"run {run.digest}", "signed", run.note or ""))
    elif digest_of(run.ingredients) != run.digest:
        made = digest_of(run.ingredients)
        found.refuse("wrong-run", "/evidence/run/ingredients", f"they have the digest {made}")
    else:
        found.claims.append(Claim(f"run {run.digest}", "signed", "its ingredients have this digest"))
    for at, model in enumerate(evidence.models):
        for name, key in _MODELS:
            if getattr(model, name) != alert.measured.get(key):
                found.refuse("wrong-model", f"/evidence/models/{at}/{name}", f"measured has another {key}")
    if not evidence.models and "model_digest" in alert.measured:
        found.refuse("wrong-model", "/evidence/models", "the alert was measured with one, and none is there")


def _check_filed(bundle: Bundle, alert: Alert, found: Checked) -> None:
    filed = bundle.filed
    if filed is None:
        return
    for at, revision in enumerate(filed.revisions):
        same = revision.record.get("id") == alert.id and revision.record.get("chain_id") == alert.chain_id
        if not same:
            found.refuse("wrong-revision", f"/filed/revisions/{at}", "it is of another alert")
    last = filed.revisions[-1] if filed.revisions else None
    if last is None:
        found.refuse("wrong-revision", "/filed/revisions", "there is none")
        return
    retracted = last.kind == "retracted" or last.record.get("status") == "retracted"
    if retracted and alert.status != "retracted":
        found.refuse("retracted", f"{ALERT}/status", f"its last revision retracts it, it says {alert.status}")
        return
    plain = {**alert.to_dict(), "status": "retracted" if retracted else None}
    for key in sorted(plain.keys() | last.record.keys()):
        if plain.get(key) != last.record.get(key):
            place = f"/filed/revisions/{len(filed.revisions) - 1}/record/{key}"
            found.refuse("wrong-revision", place, f"the alert has another {key}")
    if not retracted and alert.status != status_at(alert, filed.head, filed.finality):
        told = f"at head {filed.head} it is {status_at(alert, filed.head, filed.finality)}"
        found.refuse("wrong-status", f"{ALERT}/status", told)


def _claim_the_rest(bundle: Bundle, found: Checked) -> None:
    """What nothing proves stands on the signature; facts are on somebody else's word before that."""
    signed = (*OF_THE_RECORD, STATUS, "models", "steps from rows to score")
    found.claims += [Claim(what, "signed") for what in signed]
    evidence, filed = bundle.evidence, bundle.filed
    if evidence.facts is None:
        found.claims.append(Claim("facts", "stated", "none were read: needs --lake"))
    else:
        more = f"; {evidence.facts_left_out} more are left out" if evidence.facts_left_out else ""
        found.claims.append(Claim(f"{len(evidence.facts)} facts", "stated", f"each by its source{more}"))
    if filed is not None:
        more = f"; {filed.left_out} older ones are left out" if filed.left_out else ""
        found.claims.append(Claim(f"{len(filed.revisions)} revisions, head {filed.head}", "signed", more[2:]))
