"""What a name reads like: the skeleton of Unicode's Technical Standard 39, and its capitals.

The table of confusable characters is that of the library confusable_homoglyphs, made from Unicode's own file.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from functools import cache

from confusable_homoglyphs.confusables import confusables_data

MOST = 64
"""Letters of a name that are read. Nobody takes a longer symbol for another."""
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"}
"""Categories of what is not drawn, and spaces. A mark on a letter is drawn."""
_BLANK = frozenset(
    map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0x180B, 0x1810)))
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""Letters, marks and symbols that draw nothing."""
_EDGES = " .$,;:!?*#@~_-+'\"`()[]{}<>|/\\"
"""What is set around a symbol and makes it no other one."""
_DIRECTION = "\u200e\u200f"


def keys(raw: bytes | None) -> tuple[int, ...]:
    """Numbers by which names that read alike share one: as it stands, and in capitals. None for a name in
    which nothing is seen.
    """
    return tuple(dict.fromkeys(_number(text) for text in skeletons(raw)))


def spelling(raw: bytes | None) -> int:
    """A number of how a name is written, whatever its case."""
    text = (raw or b"").decode("utf-8", errors="replace")[: MOST * 4].strip(_EDGES)
    return _number(text.upper())


def skeletons(raw: bytes | None) -> tuple[str, ...]:
    """The skeleton of a name as it stands, and of its capitals."""
    text = plain(raw)
    return tuple(dict.fromkeys(skeleton(each) for each in (text, text.upper()))) if text else ()


def plain(raw: bytes | None) -> str:
    """What is left of a name without what nobody sees; wide and fancy letters are ordinary ones."""
    if raw is None:
        return ""
    text = raw.decode("utf-8", errors="replace").replace("\ufffd", "")
    text = unicodedata.normalize("NFKD", text)
    seen = (c for c in text if unicodedata.category(c) not in _UNSEEN and c not in _BLANK)
    return "".join(seen)[:MOST].strip(_EDGES)


def skeleton(text: str) -> str:
    """Each character by the one that stands for all that are drawn like it."""
    return "".join(_prototypes().get(c, c) for c in text)


def _number(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


@cache
def _prototypes() -> dict[str, str]:
    """Of each confusable character what stands for its class: of several signs where there is such a one (rn
    for m), else the lowest character.
    """
    found: dict[str, str] = {}
    for group in _classes():
        parts = sorted((each for each in group if len(each) > 1), key=lambda each: (len(each), each))
        ascii_parts = [each for each in parts if each.isascii()]
        chosen = ascii_parts[0] if ascii_parts else min(each for each in group if len(each) == 1)
        found |= dict.fromkeys((each for each in group if len(each) == 1), chosen)
    return {one: "".join(found.get(c, c) for c in chosen) for one, chosen in found.items()}


def _classes() -> Iterator[set[str]]:
    """Characters that are drawn alike, directly or by another."""
    alike: dict[str, set[str]] = {}
    for one, others in confusables_data.items():
        for other in others:
            a, b = one.strip(_DIRECTION), other["c"].strip(_DIRECTION)
            alike.setdefault(a, set()).add(b)
            alike.setdefault(b, set()).add(a)
    left = dict.fromkeys(alike)
    while left:
        group, todo = set[str](), [next(iter(left))]
        while todo:
            one = todo.pop()
            if one not in group:
                group.add(one)
                left.pop(one, None)
                todo += alike[one] - group
        if any(len(each) == 1 for each in group):
            yield group
