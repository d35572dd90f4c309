"""Symbols that look the same to a reader: letters of other scripts, other cases, and what draws nothing."""

from __future__ import annotations

import unicodedata

_TWINS = str.maketrans(
    "аеорсухіјѕԁһԛԝѵгтмнквαβγενικορτυχωοаеорсух",
    "aeopcyxijsdhqwvrtmhkbabyevikoptuxwoaeopcyx",
)
"""Small letters of the Cyrillic and Greek scripts, each to the Latin one that it is taken for."""
_DIGITS = str.maketrans("01|", "oll")


def looks(symbol: bytes) -> str:
    """What a symbol looks like: two that give the same are taken for each other. Compatibility forms (full
    width, bold, circled) become plain letters, marks and whatever draws nothing are gone.
    """
    text = symbol.rstrip(b"\0").decode("utf-8", errors="replace")
    plain = unicodedata.normalize("NFKD", text).casefold()
    drawn = (each for each in plain if unicodedata.category(each) not in ("Mn", "Me", "Cf", "Cc", "Zs"))
    return "".join(drawn).translate(_TWINS).translate(_DIGITS)
