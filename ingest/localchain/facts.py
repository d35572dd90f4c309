"""What is known of this world from outside of its chain: lists, as files that an ingester can read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ingest.errors import BadInput
from ingest.localchain.wallet import Address


def write_lists(folder: Path, sanctioned: Sequence[Address]) -> None:
    """`sanctions.txt`, an address a line. Raises BadInput where it cannot be written."""
    file = folder / "sanctions.txt"
    lines = ["# wallets under sanctions in the local world", *sanctioned]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f"{file.name}.part")
        partial.write_text("".join(f"{line}\n" for line in lines))
        partial.replace(file)
    except OSError as error:
        raise BadInput(f"{file} cannot be written ({error.strerror}): choose another --facts") from error
