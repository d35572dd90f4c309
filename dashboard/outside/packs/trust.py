"""Whose packs are taken in: keys that the operator pinned, with what each may sign. No key brings another."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from dashboard.accounts.own_files import read_own, write_whole
from dashboard.outside.packs.pack import KINDS, Digest, Head, Kind, Name, Number, Words
from ingest.model.errors import BadInput

FILE = "trusted.json"


class Revoked(Struct, frozen=True, forbid_unknown_fields=True):
    """Since when nothing of a key counts, whatever day it says it is of, and why."""

    on: date
    reason: Words


class Key(Struct, frozen=True, forbid_unknown_fields=True):
    """A public key of a signer, as the operator calls them; several keys may be of one. `chains`: None for
    all of them.
    """

    signer: Name
    key: Digest
    may: Annotated[list[Kind], Meta(min_length=1)]
    chains: list[Number] | None = None
    revoked: Revoked | None = None

    def why_not(self, head: Head) -> str | None:
        """Why it may not sign this head."""
        if self.revoked is not None:
            return f"revoked key: {self.signer}'s was revoked on {self.revoked.on}: {self.revoked.reason}"
        if head.kind != "withdrawal" and head.kind not in self.may:
            return f"wrong signer: {self.signer} may sign {', '.join(self.may)}, and not {head.kind}"
        if self.chains is not None and head.chain_id is not None and head.chain_id not in self.chains:
            allowed = ", ".join(map(str, self.chains))
            return f"of another chain: {self.signer} may sign for {allowed}, and this is of {head.chain_id}"
        return None


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    keys: list[Key]


def trusted(folder: Path) -> dict[str, Key]:
    """Every key by its hex; none where there is no file. Raises BadInput."""
    path = folder / FILE
    try:
        found = msgspec.json.decode(read_own(path, "whose packs are taken in"), type=_File)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(
            f"{path} is no file of trusted keys ({error}): `undertow packs trust` makes one"
        ) from error
    if found.version != 1 or len({each.key for each in found.keys}) != len(found.keys):
        raise BadInput(f"{path} is of another version, or names a key twice: mend it")
    return {each.key: each for each in found.keys}


def write_trusted(folder: Path, keys: dict[str, Key]) -> None:
    """All of them or what the file held before. Raises BadInput."""
    ordered = sorted(keys.values(), key=lambda each: (each.signer, each.key))
    write_whole(folder / FILE, {"version": 1, "keys": [msgspec.to_builtins(each) for each in ordered]})


def checked_key(signer: str, key: str, may: list[str], chains: list[int] | None) -> Key:
    """Raises BadInput for what is no key, no name, or no kind of pack."""
    odd = sorted(set(may) - set(KINDS))
    if odd:
        raise BadInput(f"there are no packs of {', '.join(odd)!a:.60}: --may takes {', '.join(KINDS)}")
    try:
        told = {"signer": signer, "key": key.lower(), "may": sorted(set(may)), "chains": chains}
        return msgspec.convert(told, Key)
    except msgspec.ValidationError as error:
        raise BadInput(f"no key that could be trusted: {error}") from error
