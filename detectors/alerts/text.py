"""Names on a chain are bytes of whoever wrote them: here they become text in which nothing is hidden."""

from ingest.schema import METADATA_BYTES

_INVISIBLE = frozenset(
    (
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
        *(*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)),
    )
)
"""Letters, marks and symbols that draw nothing though Unicode calls them printable: they fool a reader."""


def printable(raw: bytes) -> str:
    """`raw` (at most 256 bytes of it) as text in which nothing is hidden.

    Control, bidirectional, zero-width and other invisible characters, and every space but the plain one,
    become `\\u{202e}`; bytes that are no UTF-8 become `\\xff`. Trailing zero bytes pad `bytes32` names and
    are left out.
    The result is not escaped for HTML or Markdown: whoever draws it does that.
    """
    return visible(raw[:METADATA_BYTES].rstrip(b"\0").decode("utf-8", errors="backslashreplace"))


def visible(text: str) -> str:
    """`text` of any length with the same characters written out. Doing it twice changes nothing."""
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    code = ord(character)
    return character if character.isprintable() and code not in _INVISIBLE else f"\\u{{{code:04x}}}"
