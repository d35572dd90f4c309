"""What is known of this world from outside of its chain: lists, as files that an ingester can read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ingest.localchain.chain.wallet import Address
from ingest.model.errors import BadInput


def write_lists(folder: Path, sanctioned: Sequence[Address], tokens: Sequence[Address]) -> None:
    """`sanctions.txt` and `allow-tokens.txt`, an address a line. Raises BadInput where it cannot write."""
    _write(folder / "sanctions.txt", "wallets under sanctions in the local world", sanctioned)
    _write(folder / "allow-tokens.txt", "tokens whose names are theirs, bridged and wrapped ones too", tokens)


def _write(file: Path, title: str, addresses: Sequence[Address]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f"{file.name}.part")
        partial.write_text("".join(f"{line}\n" for line in (f"# {title}", *addresses)))
        partial.replace(file)
    except OSError as error:
        raise BadInput(f"{file} cannot be written ({error.strerror}): choose another --facts") from error
