"""Whether a pack counts here and today: asked before anything of it is used. Each refusal has its reason."""

from __future__ import annotations

from datetime import date

from dashboard.outside.packs.contents import expect_fitting, trained
from dashboard.outside.packs.pack import Pack, refusal
from dashboard.outside.packs.register import Register
from dashboard.outside.packs.trust import Key
from ingest.model.errors import BadInput
from ingest.model.redact import shown

_OPERATOR = "if that is wrong, say so to its source"


def expect_counting(
    pack: Pack, keys: dict[str, Key], register: Register, on: date, chain_id: int | None
) -> Key:
    """Who signed it. Raises PackRefused, with the first reason for which it does not count."""
    signer = _signer(pack, keys)
    _expect_in_time(pack, on)
    if chain_id is not None and pack.head.chain_id not in (None, chain_id):
        raise refusal(pack.called, f"of another chain: it is of {pack.head.chain_id}, this is {chain_id}")
    _expect_no_way_back(pack, signer, register)
    try:
        expect_fitting(pack.head, pack.content)
    except BadInput as error:
        raise refusal(pack.called, shown(str(error), 300), _OPERATOR) from error
    if pack.head.kind == "model":
        _expect_standing(pack, register)
    return signer


def _signer(pack: Pack, keys: dict[str, Key]) -> Key:
    key = pack.signature.key
    if key not in keys:
        mend = f"`undertow packs trust NAME {key}` where you know it to be its source's"
        raise refusal(pack.called, f"wrong signer: nobody trusts the key {key[:16]}…", mend)
    why = keys[key].why_not(pack.head)
    if why is not None:
        raise refusal(pack.called, why, "get it from who may sign it")
    return keys[key]


def _expect_in_time(pack: Pack, on: date) -> None:
    head = pack.head
    if head.made > on:
        raise refusal(
            pack.called, f"not yet valid: it is of {head.made}, and it is {on}", "wait, or check --on"
        )
    if head.expires < on:
        mend = f"get a newer one from {shown(head.source, 80)}"
        raise refusal(pack.called, f"expired: it counted until {head.expires}, and it is {on}", mend)


def _expect_no_way_back(pack: Pack, signer: Key, register: Register) -> None:
    """Neither to what was withdrawn, nor to an earlier version, nor to another signer's name."""
    for digest in (pack.digest, pack.head.content.sha256):
        why = register.why_gone(digest, signer.signer)
        if why is not None:
            raise refusal(pack.called, f"revoked pack: it was withdrawn: {why}")
    entry = register.of(pack.head.name)
    if entry is None or pack.head.kind == "withdrawal":
        return
    if entry.signer != signer.signer:
        told = f"wrong signer: that name is {entry.signer}'s here, and {signer.signer} signed it"
        raise refusal(pack.called, told, _OPERATOR)
    if entry.kind != pack.head.kind:
        raise refusal(pack.called, f"{entry.name} is of {entry.kind} here, and this of {pack.head.kind}")
    if pack.head.version < entry.version:
        told = f"version rolled back: version {entry.version} was taken in before, and versions only go up"
        raise refusal(pack.called, told)
    if pack.head.version == entry.version and pack.digest != entry.digest:
        raise refusal(pack.called, f"version {entry.version} was taken in before with other bytes", _OPERATOR)


def _expect_standing(pack: Pack, register: Register) -> None:
    """A model stands on labels that were not withdrawn here."""
    for source in trained(pack.content).sources:
        why = register.why_gone(source.labels)
        if why is not None:
            told = f"it was trained on the label pack {source.pack or source.labels[:16]}, withdrawn: {why}"
            raise refusal(pack.called, told)
