"""Names that look like a listed token's and are spelt otherwise, as impersonators choose them.

The lookalikes are those of Unicode's confusables (Technical Standard 39): letters of other scripts with the
same skeleton. Fullwidth letters are equal under compatibility normalisation, the invisible characters vanish.
"""

from __future__ import annotations

from random import Random

CYRILLIC = {
    "A": "\u0410", "B": "\u0412", "C": "\u0421", "E": "\u0415", "H": "\u041d", "I": "\u0406",
    "K": "\u041a", "S": "\u0405", "T": "\u0422", "W": "\u051c",
    "a": "\u0430", "c": "\u0441", "e": "\u0435", "i": "\u0456", "o": "\u043e", "p": "\u0440",
}  # fmt: skip
"""Cyrillic letters that are drawn as Latin ones."""

OTHERS = {"D": "\u13a0", "U": "\u054d", "N": "\u039d", "L": "\u13de", "T": "\u03a4", "B": "\u0392"}
"""Cherokee, Armenian and Greek ones."""

INVISIBLE = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad")
"""Zero-width characters, and the soft hyphen."""

_TWINS = {"I": "l", "l": "I", "O": "0", "o": "0"}
"""Within ASCII."""


def foreign_letters(rng: Random, text: str) -> str:
    """One or more letters are those of another script."""
    twins = OTHERS | CYRILLIC
    places = [place for place, letter in enumerate(text) if letter in twins]
    chosen = rng.sample(places, rng.randint(1, len(places)))
    return "".join(twins[letter] if place in chosen else letter for place, letter in enumerate(text))


def fullwidth(rng: Random, text: str) -> str:
    """One or more letters are twice as wide."""
    places = [place for place, letter in enumerate(text) if "!" <= letter <= "~"]
    chosen = rng.sample(places, rng.randint(1, len(places)))
    return "".join(chr(ord(c) + 0xFEE0) if place in chosen else c for place, c in enumerate(text))


def invisible(rng: Random, text: str) -> str:
    """One to three characters that nobody sees, anywhere."""
    for _ in range(rng.randint(1, 3)):
        place = rng.randint(0, len(text))
        text = text[:place] + rng.choice(INVISIBLE) + text[place:]
    return text


def case_tricks(rng: Random, text: str) -> str:
    """A letter or digit that looks the same, where there is one; else some letters in their other case."""
    twins = [place for place, letter in enumerate(text) if letter in _TWINS]
    if twins:
        place = rng.choice(twins)
        return text[:place] + _TWINS[text[place]] + text[place + 1 :]
    letters = [place for place, letter in enumerate(text) if letter.isalpha()]
    turned = rng.sample(letters, rng.randint(1, len(letters)))
    return "".join(letter.swapcase() if place in turned else letter for place, letter in enumerate(text))
