"""The shape of a log, as expressions: what its topics and data must be before anything is read from them.

A log that carries an event's signature and another shape is something else: another contract may use the same
name. So everything is checked: the number of topics, the size of the data, and the bytes of a word that its
type leaves unused (an address with anything in the 12 bytes before it is none).
"""

from __future__ import annotations

import polars as pl
import sha3

from ingest.decode.words import ONE, WORD, ZERO

PLACE = ("chain_id", "block_number", "timestamp", "transaction_index", "transaction_hash", "log_index")
ORDER = ("block_number", "transaction_index", "log_index", "index_in_log")

MOST_TOPICS = 4
_INT_SMALL = 4


def signature(text: str) -> bytes:
    """The first topic of an event, from its name and the types of its parameters."""
    return bytes(sha3.keccak_256(text.encode()).digest())


def has_topics(count: int) -> pl.Expr:
    """Whether a log has exactly `count` topics, its signature counted."""
    shaped = pl.col(f"topic{count - 1}").is_not_null()
    return shaped & pl.col(f"topic{count}").is_null() if count < MOST_TOPICS else shaped


def data_is(size: int) -> pl.Expr:
    return pl.col("data").bin.size() == size


def unsigned(word: pl.Expr, size: int) -> pl.Expr:
    """Whether a word holds a number, or an address, of `size` bytes at most."""
    return word.bin.starts_with(bytes(WORD - size))


def signed(word: pl.Expr, bits: int) -> pl.Expr:
    """Whether a word holds a signed number of `bits` (at most 32), its sign extended as the ABI says."""
    number, high = small_signed(word), WORD - _INT_SMALL
    extended = pl.when(number < 0).then(word.bin.starts_with(b"\xff" * high)).otherwise(unsigned(word, 4))
    return extended & number.is_between(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def boolean(word: pl.Expr) -> pl.Expr:
    """Whether a word is 0 or 1."""
    return word.is_in([ZERO, ONE])


def address(word: pl.Expr) -> pl.Expr:
    return word.bin.slice(12, 20)


def small(word: pl.Expr) -> pl.Expr:
    """A word that holds at most 8 bytes, as a number."""
    return word.bin.slice(24, 8).bin.reinterpret(dtype=pl.UInt64, endianness="big")


def small_signed(word: pl.Expr) -> pl.Expr:
    return word.bin.slice(WORD - _INT_SMALL, _INT_SMALL).bin.reinterpret(dtype=pl.Int32, endianness="big")


def word_at(at: pl.Expr) -> pl.Expr:
    """The 32 bytes of the data from byte `at` on; fewer where it ends before."""
    return pl.col("data").bin.slice(at, WORD)


def number(word: pl.Expr) -> pl.Expr:
    """A word as a number; null where it is cut short or larger than the data, as no place in the data is."""
    whole = unsigned(word, 8) & (word.bin.size() == WORD)
    within = small(word) <= pl.col("data").bin.size()
    return pl.when(whole & within).then(small(word)).cast(pl.Int64)


def number_at(at: pl.Expr) -> pl.Expr:
    """The word at byte `at` of the data, as `number` gives it."""
    return number(word_at(at))


def array_fits(at: pl.Expr, count: pl.Expr) -> pl.Expr:
    """Whether an array of `count` words, its length at byte `at`, ends inside the data."""
    return at + WORD * (count + 1) <= pl.col("data").bin.size().cast(pl.Int64)


def bytes_fit(at: pl.Expr) -> pl.Expr:
    """Whether a string or bytes, its length at byte `at`, ends inside the data."""
    return at + WORD + number_at(at) <= pl.col("data").bin.size().cast(pl.Int64)
