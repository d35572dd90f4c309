"""How values are written for people: amounts, addresses, times. Pure, and safe for text from the chain.

Every function takes any value that a store can hold, also one that no undertow filed: a page shows what it
can, and one odd value spoils no more than its own place.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from detectors.alerts.text import visible

SYMBOL_LENGTH = 24
"""Longer symbols are cut on screens: no honest one comes near it."""
MOST_DIGITS = 80
"""A number of 256 bits has 78 digits; one with more is cut like other text."""
_SHORT = 12
_NAME = re.compile(rf"0x[0-9a-zA-Z]{{{2 * _SHORT - 1},}}")
"""An address or a hash in a sentence: what `short` shortens."""
_LONGEST_SENTENCE = 20_000
_LONGEST_AGO = 10**12


def short(hexadecimal: object) -> str:
    """`0xa1b2c3…d4e5f6` of an address or a hash; other text as it is, cut when it is long."""
    written = text(hexadecimal, MOST_DIGITS)
    if written.startswith("0x") and len(written) > 2 * _SHORT and written.isalnum():
        return f"{written[:8]}…{written[-6:]}"
    return cut(written, 2 * _SHORT)


def text(value: object, most: int | None = None) -> str:
    """A value (its first `most` characters) as text in which nothing is hidden; empty for none."""
    if value is None:
        return ""
    try:
        return visible(str(value)[:most])
    except ValueError:  # a number of more digits than Python writes
        return "a very large number"


def cut(value: object, length: int) -> str:
    """At most `length` characters, nothing hidden in them."""
    shown = text(value, length + 1)
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"


def sentence(told: object, kind: object, subject: object, most: int) -> str:
    """What an alert says of itself, for a list that names its subject beside it: at most `most` characters,
    whole words, every address in its short form. One that begins with its subject begins with words instead.
    """
    plain = text(told, _LONGEST_SENTENCE).strip()
    named = text(subject, _LONGEST_SENTENCE)
    if named.startswith("0x") and plain.startswith(f"{named} "):
        plain = f"This {text(kind, _SHORT * 2) or 'subject'}{plain.removeprefix(named)}"
    elif _NAME.match(plain):
        plain = f"Address {plain}"
    return _whole_words(_NAME.sub(lambda found: short(found.group()), plain), most)


def _whole_words(told: str, most: int) -> str:
    if len(told) <= most:
        return told
    cut_off = told[: most - 1]
    words = cut_off if told[most - 1] == " " else cut_off.rpartition(" ")[0] or cut_off
    return f"{words.rstrip()}…"


def judged_anew(run: object) -> str:
    """What is said of a chain while a run judges its log anew."""
    return (
        f"rebuilding: run {cut(run, MOST_DIGITS)} judges its log anew, and until that is done its alerts are "
        "partly of the run before"
    )


def number(value: object) -> str:
    """An integer grouped by thousands; other values as text."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= 256:
        return f"{value:,}"
    return cut(value, MOST_DIGITS)


def share(value: object) -> float | None:
    """A score between 0 and 1, None for what is none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if 0 <= value <= 1 else None


def score(value: object, figures: str = ".2f") -> str:
    """A score with two decimals, or otherwise as `figures` says; other values as text."""
    known = share(value)
    return cut(value, MOST_DIGITS) if known is None else format(known, figures)


def symbol(name: object, token: object) -> str:
    """What to call a token: its symbol, else its short address; a native coin that nobody named has
    neither.
    """
    if name:
        return cut(name, SYMBOL_LENGTH)
    return short(token) if token else "native coin"


def units_of(amount: object) -> int | None:
    """Token units as an integer; None for what is none."""
    plain = text(amount) if isinstance(amount, str | int) and not isinstance(amount, bool) else ""
    return int(plain) if len(plain) <= MOST_DIGITS and plain.isascii() and plain.isdecimal() else None


def amount(units: object, decimals: object) -> str:
    """Token units (a decimal string) as a number of tokens, exact, grouped by thousands; empty where unknown.

    Where the token's decimals are unknown the units themselves are written, and say so. Native value has 18.
    """
    known = units_of(units)
    if known is None:
        return cut(units, MOST_DIGITS)
    if not is_decimals(decimals):
        return f"{known:,} units"
    places = int(str(decimals))
    whole, part = divmod(known, 10**places)
    digits = f"{part:0{places}d}".rstrip("0") if places else ""
    return f"{whole:,}.{digits}" if digits else f"{whole:,}"


def rounded(units: int, decimals: int | None) -> str:
    """Token units in few figures: `12.3k`, `4.57M`, `< 0.0001`."""
    tokens = units / 10 ** (decimals or 0)
    if tokens >= 1e15:
        return f"{tokens:.2e}"
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if tokens >= max(size, 1e4):
            return f"{tokens / size:.3g}{letter}"
    if 0 < tokens < 0.0001:
        return "< 0.0001"
    return f"{tokens:,.0f}" if tokens >= 100 else f"{tokens:.4f}".rstrip("0").rstrip(".")


def is_decimals(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 255


def utc(timestamp: object) -> str:
    """Seconds as `2023-11-14 22:13:20`, UTC; the number itself where no date can be made of it."""
    if not isinstance(timestamp, int | float) or isinstance(timestamp, bool):
        return cut(timestamp, MOST_DIGITS)
    try:
        return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return number(timestamp)


def ago(seconds: object) -> str:
    """`now`, `42 s ago`, `5 min ago`, `3 h ago`, `2 d ago`; `at an unknown time`."""
    if not isinstance(seconds, int | float) or not abs(seconds) < _LONGEST_AGO:
        return "at an unknown time"
    whole = max(0, int(seconds))
    return f"{span(whole)} ago" if whole else "now"


def span(seconds: int) -> str:
    """`42 s`, `5 min`, `3 h`, `2 d`: the largest unit that fits."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def title(identifier: object) -> str:
    """`wallet-drain` as `Wallet drain`."""
    return cut(text(identifier, 61).replace("-", " ").replace("_", " ").capitalize(), 60)


def stands(measured: object, threshold: object) -> str:
    """How a measured value stands to its threshold: at or above, below, equal, differs; empty without one."""
    if threshold is None:
        return ""
    if isinstance(measured, int | float) and isinstance(threshold, int | float):
        return "at or above" if measured >= threshold else "below"
    return "equal" if measured == threshold else "differs"


def is_node(subject_kind: object, subject_id: object, address: object) -> bool:
    """Whether what stands in the place of an address names a node of the operator: that has no wallet."""
    return subject_kind == "node" and subject_id == address
