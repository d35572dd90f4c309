"""The skeleton of a name after Unicode Technical Standard 39, for the letters that token names have.

Written by code point from confusables.txt, and so independent of what the simulation uses.
"""

from __future__ import annotations

import unicodedata

# Each code point and the Latin letter it is confusable with, as confusables.txt gives them.
_PROTOTYPES = {
    0x0410: "A", 0x0412: "B", 0x0421: "C", 0x0415: "E", 0x041D: "H", 0x0406: "l", 0x041A: "K", 0x0405: "S",
    0x0422: "T", 0x051C: "W", 0x0430: "a", 0x0441: "c", 0x0435: "e", 0x0456: "i", 0x043E: "o", 0x0440: "p",
    0x13A0: "D", 0x054D: "U", 0x039D: "N", 0x13DE: "L", 0x03A4: "T", 0x0392: "B",
    ord("I"): "l", ord("1"): "l", ord("|"): "l", ord("0"): "O",
}  # fmt: skip


def skeleton(text: str) -> str:
    """Equal for two names that a reader takes for the same, whatever their case."""
    plain = unicodedata.normalize("NFKC", text)
    seen = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFKC", seen.translate(_PROTOTYPES)).lower().replace("i", "l")
