"""Token facts: what a token says of itself, asked once, by the hash of the block of its first transfer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from ingest import schema
from ingest.blocks.trie import keccak
from ingest.decode import TOKEN_TOPICS, WRAPPING_TOPICS
from ingest.facts.seen import Seen
from ingest.model.batch import Batch

Ask = Callable[[Sequence[tuple[bytes, bytes]], bytes], Sequence[bytes | None]]
"""Asks contracts: (address, call data) pairs and a block hash to what they return; None where a call fails.
"""

TOKENS_A_REQUEST = 20
_QUESTIONS = tuple(keccak(f"{name}()".encode())[:4] for name in ("name", "symbol", "decimals"))
_WORD = 32


class MetadataReader:
    """Finds tokens that are new in a batch and asks them. What it has seen follows the chain back."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._seen = Seen()

    def facts(self, batch: Batch) -> pl.DataFrame:
        """Facts of tokens first seen in `batch` (shape: `schema.TOKEN_METADATA`), in the order of their
        transfers.

        A call that fails or does not decode is null. Raises NodeUnreachable where the node gives no answer: a
        fault on the way is never turned into a null. Nothing is remembered until `remember`.
        """
        if all(emitter in self._seen for emitter in _emitters(batch)):
            return schema.TOKEN_METADATA.empty()
        new = [
            (int(number), bytes(token))
            for number, token in _first_transfers(batch)
            if token not in self._seen
        ]
        hashes = dict(batch.blocks.select("block_number", "block_hash").iter_rows())
        rows = []
        for number in dict.fromkeys(number for number, _ in new):
            tokens = [token for at, token in new if at == number]
            answers = self._answers(tokens, hashes[number])
            rows += [
                (batch.chain_id, number, token, *answer)
                for token, answer in zip(tokens, answers, strict=True)
            ]
        return pl.DataFrame(rows, schema=schema.TOKEN_METADATA.schema, orient="row")

    def remember(self, facts: pl.DataFrame) -> None:
        """`facts` are in the log now."""
        self._seen.add(facts.select("block_number", "token").iter_rows())

    def roll_back(self, number: int) -> None:
        """Blocks above `number` have left the chain, and the facts in them."""
        self._seen.roll_back(number)

    def _answers(
        self, tokens: Sequence[bytes], block_hash: bytes
    ) -> list[tuple[bytes | None, bytes | None, int | None]]:
        answers: list[tuple[bytes | None, bytes | None, int | None]] = []
        for start in range(0, len(tokens), TOKENS_A_REQUEST):
            asked = tokens[start : start + TOKENS_A_REQUEST]
            calls = [(token, question) for token in asked for question in _QUESTIONS]
            said = self._ask(calls, block_hash)
            triples = zip(said[::3], said[1::3], said[2::3], strict=True)
            answers += [(text(name), text(symbol), small_number(digits)) for name, symbol, digits in triples]
        return answers


def text(answer: bytes | None) -> bytes | None:
    """An ABI `string` or (as early tokens have it) `bytes32`, cut at `METADATA_BYTES`; None where it is
    neither.
    """
    if answer is None:
        return None
    if len(answer) == _WORD:
        return answer.rstrip(b"\0")
    start = _number(answer, 0)
    size = None if start is None else _number(answer, start)
    if start is None or size is None or start + _WORD + size > len(answer):
        return None
    return answer[start + _WORD : start + _WORD + size][: schema.METADATA_BYTES]


def small_number(answer: bytes | None) -> int | None:
    """An ABI `uint8`; None where the answer is none."""
    if answer is None or len(answer) != _WORD:
        return None
    number = int.from_bytes(answer, "big")
    return number if number <= 255 else None


def _number(answer: bytes, at: int) -> int | None:
    """The word at byte `at`, where it lies inside the answer and is no larger than it."""
    word = answer[at : at + _WORD]
    number = int.from_bytes(word, "big")
    return number if len(word) == _WORD and number <= len(answer) else None


def _emitters(batch: Batch) -> list[bytes]:
    """Who may have moved tokens. Mostly all are known: then nothing needs to be decoded."""
    wrapped = [*schema.wrapped_natives(batch.chain_id), *batch.wrapped_natives["address"].unique()]
    topic, wraps = pl.col("topic0"), pl.col("address").is_in(wrapped)
    moves = batch.logs.filter(topic.is_in(TOKEN_TOPICS) | (topic.is_in(WRAPPING_TOPICS) & wraps))
    return [address for address in moves["address"].unique() if address not in schema.NATIVE_ECHOES]


def _first_transfers(batch: Batch) -> list[tuple[int, bytes]]:
    moved = batch.transfers.filter(pl.col("token").is_not_null())
    return moved.unique("token", keep="first", maintain_order=True).select("block_number", "token").rows()
