"""What people write, as both databases can hold it: hostile or not, it is kept as it was meant."""

from __future__ import annotations

from ingest.model.errors import BadInput

LONGEST_TEXT = 20_000
"""Characters of a comment, a note or a name: some pages, and no way to fill a disk by one click."""
LONGEST_NAME = 254
"""Characters of a person's name: as long as an e-mail address can be. It is a key of tables."""


def storable(text: str, what: str, longest: int = LONGEST_TEXT) -> str:
    """`text` as it is, but for what PostgreSQL or SQLite cannot hold: a zero byte and half a surrogate pair
    are written out. Everything else that may deceive is made visible by who shows it.

    Raises BadInput for what is no text, or too long.
    """
    if not isinstance(text, str):
        raise BadInput(f"{what} is no text")
    if len(text) > longest:
        raise BadInput(f"{what} has {len(text):,} characters, at most {longest:,} are kept: shorten it")
    return "".join(_held(character) for character in text)


def written(text: str, what: str, longest: int = LONGEST_TEXT) -> str:
    """The same of a text that must say something."""
    kept = storable(text, what, longest)
    if not kept.strip():
        raise BadInput(f"{what} is empty: write something")
    return kept


def _held(character: str) -> str:
    is_held = character != "\0" and not "\ud800" <= character <= "\udfff"
    return character if is_held else f"\\u{{{ord(character):04x}}}"
