"""Recorded poisoning transfers, row by row, as the validation set of the poisoning detector writes them."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from detectors.evaluate.recorded import files

NEEDED = (
    *("block_number", "tx_hash", "addr", "topics_from_addr", "topics_to_addr"),
    *("is_sender_victim", "intended_addr"),
)
"""Columns without which a row says nothing. Others (amount, digits, kinds) are used where they are there."""
POISON_KINDS = ("zero_value_transfer", "tiny_transfer", "counterfeit_token_transfer")

_FLAGS = {"t": True, "true": True, "f": False, "false": False}
_HEX = {20: re.compile(r"0x[0-9a-f]{40}"), 32: re.compile(r"0x[0-9a-f]{64}")}


@dataclass(frozen=True, slots=True)
class Poisoning:
    """A poisoning transfer. Addresses and hash are lower-case hex, `amount` is in token units.

    `recorded_digits`: how many digits the recording says are equal at both ends; None where it does not say.
    """

    line: int
    block: int
    transaction: str
    token: str
    sender: str
    payee: str
    amount: int
    sender_is_victim: bool
    imitated: str
    counterfeit: bool
    recorded_digits: tuple[int, int] | None

    @property
    def victim(self) -> str:
        return self.sender if self.sender_is_victim else self.payee

    @property
    def lookalike(self) -> str:
        return self.payee if self.sender_is_victim else self.sender

    @property
    def digits(self) -> tuple[int, int]:
        """Equal hex digits of lookalike and imitated address, at the start and at the end."""
        ours, theirs = self.lookalike[2:], self.imitated[2:]
        return _common(ours, theirs), _common(ours[::-1], theirs[::-1])


def poisonings(path: Path) -> tuple[list[Poisoning], int]:
    """The poisonings of a file, and how many of its rows are marked as something else.

    Raises BadInput where a column is missing, or with the line that is not of the wanted form.
    """
    try:
        lines = files.read(path).decode().splitlines()
    except UnicodeDecodeError as error:
        raise files.unusable(path, f"is no text: {error.reason} at byte {error.start}") from error
    reader = csv.DictReader(lines, strict=True)
    rows: list[Poisoning] = []
    others = 0
    try:
        missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
        if missing:
            raise files.unusable(path, f"it has no column {', '.join(missing)}")
        for plain in reader:
            if _is_poison(plain):
                rows.append(_row(reader.line_num, plain))
            else:
                others += 1
    except (csv.Error, ValueError) as error:
        raise files.unusable(path, f"line {reader.reader.line_num}: {error}") from error
    return rows, others


def _is_poison(plain: Mapping[str, str]) -> bool:
    """A file that does not say of what kind its rows are holds poisonings alone."""
    marked = [_flag(plain, kind) for kind in POISON_KINDS if plain.get(kind)]
    return not marked or any(marked)


def _row(line: int, plain: Mapping[str, str]) -> Poisoning:
    counterfeit = bool(plain.get("counterfeit_token_transfer")) and _flag(plain, "counterfeit_token_transfer")
    first, last = plain.get("num_first_matched_digits"), plain.get("num_last_matched_digits")
    return Poisoning(
        line=line,
        block=_number(plain, "block_number", 2**63 // 12),
        transaction=_hex(plain, "tx_hash", 32),
        token=_hex(plain, "addr", 20),
        sender=_hex(plain, "topics_from_addr", 20),
        payee=_hex(plain, "topics_to_addr", 20),
        amount=_number(plain, "value", 2**256) if plain.get("value") else 0,
        sender_is_victim=_flag(plain, "is_sender_victim"),
        imitated=_hex(plain, "intended_addr", 20),
        counterfeit=counterfeit,
        recorded_digits=(
            (_number(plain, "num_first_matched_digits", 41), _number(plain, "num_last_matched_digits", 41))
            if first and last
            else None
        ),
    )


def _text(plain: Mapping[str, str], column: str) -> str:
    text = plain[column]
    if text is None:
        raise ValueError(f"it ends before {column}")
    return text.strip().lower()


def _hex(plain: Mapping[str, str], column: str, size: int) -> str:
    text = _text(plain, column)
    if not _HEX[size].fullmatch(text):
        raise ValueError(f"{column} {text[:80]!r} is no hex of {size} bytes")
    return text


def _number(plain: Mapping[str, str], column: str, below: int) -> int:
    text = _text(plain, column)
    if not (text.isascii() and text.isdecimal() and len(text) <= 78 and int(text) < below):
        raise ValueError(f"{column} {text[:80]!r} is no whole number below {below}")
    return int(text)


def _flag(plain: Mapping[str, str], column: str) -> bool:
    text = _text(plain, column)
    if text not in _FLAGS:
        raise ValueError(f"{column} {text[:80]!r} is neither t nor f")
    return _FLAGS[text]


def _common(left: str, right: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(left, right, strict=True)) if a != b), len(left))
