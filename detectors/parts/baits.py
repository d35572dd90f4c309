"""What a token's name promises: links, claims, and text that attacks whoever shows it."""

from __future__ import annotations

import re
import unicodedata

LINK, CLAIM, HOSTILE = 1, 2, 4
"""Bits: it names a page, it calls to do something or promises something, it is no name but an attack."""

MOST = 4_096
"""Letters that are read."""
_LINK = re.compile(
    r"https?:/|www\.|\b(?:t\.me|discord\.gg|bit\.ly)/|(?<![\w.])[a-z0-9][a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,12}(?![\w.-])"
)
"""A domain of two letters or more behind the dot: USDC.e and WBTC.b are none."""
_WORDS = re.compile(
    r"\b(?:claims?|visit|rewards?|bonus|vouchers?|airdrops?|gifts?|giveaway|free|eligible|expires?|winner|won|"
    r"redeem|mystery|tickets?|coupon|prizes?)\b|[$\u20ac\u00a3]\s?\d|\d[\d,.]*\s?(?:usd|usdc|usdt|eth|dai)\b"
)
_MARKUP = re.compile(r"<[a-z/!]|javascript:|^=\w+\(|\]\(")
_HIDDEN = {"Cc", "Cf", "Cs"}
_LONG = 200
_MARKS = 8


def bait(*names: bytes | None) -> int:
    """Bits of what a token's name and symbol hold. Any bytes will do, and none raise."""
    found = 0
    for raw in names:
        text = (raw or b"")[: 4 * MOST].decode("utf-8", errors="replace")[:MOST]
        found |= HOSTILE if _is_hostile(text) else 0
        shown = "".join(
            c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) not in _HIDDEN
        )
        words = shown.lower()
        rest = _LINK.sub(" ", words)
        found |= LINK if rest != words else 0
        found |= CLAIM if _WORDS.search(rest) else 0
    return found


def is_strong(bits: int) -> bool:
    """Whether a name attacks whoever shows it, or calls to a page for what it promises."""
    return bool(bits & HOSTILE) or bits & (LINK | CLAIM) == LINK | CLAIM


def _is_hostile(text: str) -> bool:
    """Markup, formulas, marks of direction, piles of accents, or a name longer than any."""
    marks = sum(unicodedata.category(c) in ("Mn", "Me") for c in text)
    hidden = any(unicodedata.bidirectional(c) in _DIRECTIONS for c in text)
    return bool(_MARKUP.search(text.lower())) or hidden or marks >= _MARKS or len(text) >= _LONG


_DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
