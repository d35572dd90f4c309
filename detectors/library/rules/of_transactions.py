"""Fields of transactions."""

from __future__ import annotations

import numpy as np

from detectors.library.rules.columns import (
    ADDRESS,
    COUNT,
    FLAG,
    SECONDS,
    SELECTOR,
    WEI,
    Field,
    Lines,
    Named,
    Table,
    age,
    amounts,
    by_name,
    flag,
    of_transaction,
    person,
)
from detectors.library.rules.values import Values, known_where
from detectors.memory.layout import Array
from detectors.parts.contract import Seen


def _called(lines: Lines) -> Array:
    return np.where(of_transaction("created")(lines) != 0, 0, of_transaction("target")(lines))


def _with_value(lines: Lines) -> Values:
    return Values(amounts(of_transaction("value")(lines)))


def _moved(lines: Lines) -> Values:
    """Of one that failed nothing moved."""
    return known_where(lines.of(_with_value).column, of_transaction("done")(lines) != 0)


def _selector(lines: Lines) -> Values:
    found = of_transaction("selector")(lines)
    return known_where(found, found >= 0)


def _inside(lines: Lines, column: str | None) -> Values:
    """Of each transaction how many transfers it has, or how many different ones by a column of rows."""
    seen, known = lines.seen, lines.seen.of("holdings").get("known")
    if known is None:
        return Values(np.zeros(lines.at.size, np.int64))
    which = known["row"] - int(seen.rows["number"][0])
    of = seen.rows["transaction"][which] - int(seen.transactions["number"][0])
    if column is not None:
        of = np.unique(np.stack([of, seen.rows[column][which]], axis=1), axis=0)[:, 0]
    return Values(np.bincount(of, minlength=seen.transactions["number"].size)[lines.at])


def _transactions(seen: Seen) -> Lines | None:
    sent = seen.transactions
    at = np.arange(sent["number"].size)
    return Lines(seen, at, sent, sent["block"]) if at.size else None


def _first_row(lines: Lines, line: int) -> Array:
    """The row of a transaction itself, which stands before what it did."""
    first = int(lines.seen.transactions["first_row"][lines.at[line]])
    found: Array = lines.seen.rows["number"][first : first + 1]
    return found


_SIGNER, _SENT_AT = of_transaction("signer"), of_transaction("time")
TRANSACTION = Table(
    "transaction",
    "each transaction, those that failed among them",
    ("holdings",),
    "receipts",
    {"signer": Named("signer", "wallet"), "called": Named("called", "wallet")},
    by_name(
        Field(
            "value", WEI, "the value", "what was sent with it; of one that failed nothing moved", _with_value
        ),
        Field("signer", ADDRESS, "the signer", "who sent it", person(_SIGNER)),
        Field(
            "called",
            ADDRESS,
            "who was called",
            "whom it calls or pays; unknown where it makes a contract",
            person(_called),
        ),
        Field(
            "selector",
            SELECTOR,
            "the selector",
            "the function that it calls; unknown where it has no call data",
            _selector,
        ),
        Field("done", FLAG, "it was done", "it did not fail", flag(of_transaction("done"))),
        Field(
            "creates",
            FLAG,
            "it makes a contract",
            "the transaction itself makes a contract",
            flag(of_transaction("created")),
        ),
        Field(
            "signer_age",
            SECONDS,
            "the signer's age",
            "since the signer was first heard of",
            age(_SIGNER, _SENT_AT),
        ),
        Field(
            "called_age",
            SECONDS,
            "the age of who was called",
            "the same of who was called",
            age(_called, _SENT_AT),
        ),
        Field(
            "rows",
            COUNT,
            "the number of its rows",
            "itself, calls inside that moved something, and logs that are decoded",
            lambda lines: Values(of_transaction("end_row")(lines) - of_transaction("first_row")(lines)),
        ),
        Field(
            "transfers",
            COUNT,
            "the number of its transfers",
            "transfers in it, its own value among them",
            lambda lines: _inside(lines, None),
        ),
        Field(
            "payers",
            COUNT,
            "the number of its payers",
            "different payers of these transfers",
            lambda lines: _inside(lines, "source"),
        ),
        Field(
            "payees",
            COUNT,
            "the number of its payees",
            "different payees of these transfers",
            lambda lines: _inside(lines, "target"),
        ),
        Field(
            "assets",
            COUNT,
            "the number of its assets",
            "different assets of these transfers; wrapped coin is another than the coin",
            lambda lines: _inside(lines, "asset"),
        ),
    ),
    _transactions,
    _first_row,
    _moved,
)
