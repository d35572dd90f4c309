"""Transfers of a lake: Parquet files are scanned with the filter pushed into them, never read whole.

Only the columns that are asked for are decompressed, file by file, and of what passes no more than the answer
holds is kept. Files are taken in the order of the answer, a few at a time, and the scan ends once it is full.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from dashboard.transfers.lookalike import looks
from dashboard.transfers.values import Asked, Contract, Found, Label, Token, Transfer, told, unknown
from detectors.alerts.text import printable
from ingest.decode.approvals import APPROVALS
from ingest.lake.reading import MANIFESTS, Lake, Manifest, table_path
from ingest.model.errors import NotALake
from ingest.schema import BLOCKS, LOGS

FILES_AT_ONCE = 16
MOST_FILES = 400
"""Files of one question: at 1,000 blocks each, 400,000 blocks."""
MOST_TOKENS = 200_000
"""Tokens among which look-alikes are looked for, those that were told of last."""
LONGEST_TAG = 200
_COLUMNS = (
    "chain_id", "block_number", "timestamp", "transaction_hash", "log_index", "standard", "token",
    "from_address", "to_address", "amount", "transaction_index",
)  # fmt: skip
_PLACE = ("block_number", "transaction_index", "log_index")


class LakeTransfers:
    """Answers from the lake in a folder. Every method raises NotALake where it is none, or damaged."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, Lake] | None = None

    def source(self) -> str:
        return f"the lake at {self._path}"

    def bounds(self, chain_id: int) -> tuple[int, int] | None:
        """The first and the last block that the lake holds of a chain; None where it holds none."""
        ranges = self._lake().ranges(chain_id)
        return (ranges[0].first, ranges[-1].last) if ranges else None

    def chains(self) -> list[int]:
        return self._lake().chain_ids()

    def transfers(self, asked: Asked) -> Found:
        """At most `asked.most` of them; what was not looked through is said."""
        ranges = self._ranges(asked)
        read, rows = ranges[:MOST_FILES], list[Transfer]()
        passing = _passing(asked)
        for frame in self._scanned("transfers", read, passing, _COLUMNS, asked):
            rows += map(_transfer, frame.iter_rows())
            if len(rows) > asked.most:
                break
        left_out = []
        if len(rows) > asked.most:
            left_out.append(f"only the {asked.order} {asked.most:,} transfers are read")
        elif len(ranges) > len(read):
            last = read[-1]
            span = f"before block {last.first:,}" if asked.order == "newest" else f"after block {last.last:,}"
            left_out.append(f"of this lake {len(ranges) - len(read):,} files {span} are not looked through")
        return Found(tuple(rows[: asked.most]), tuple(left_out))

    def tokens(self, chain_id: int, addresses: Iterable[str]) -> dict[str, Token]:
        """What each of these tokens said of itself last; one that said nothing goes by its address."""
        wanted = sorted(set(addresses))
        found = {address: unknown(address) for address in wanted}
        columns = ("token", "name", "symbol", "decimals", "block_number")
        for row in self._facts("token_metadata", chain_id, "token", wanted, columns):
            address = _hex(row[0])
            before = found[address].block_number
            if before is None or row[4] >= before:
                found[address] = told(address, *row[1:])
        return found

    def labels(self, chain_id: int, address: str) -> list[Label]:
        """Everything that lists say of an address, in order."""
        columns = ("kind", "tag", "source", "date", "listed", "block_number")
        rows = self._facts("lists", chain_id, "address", [address], columns)
        labels = {
            Label(kind, _safe(tag), _safe(source), date, listed, block)
            for kind, tag, source, date, listed, block in rows
        }
        return sorted(labels, key=lambda label: (label.block_number, label.source, label.tag))

    def labelled(self, chain_id: int, addresses: Sequence[str]) -> dict[str, list[Label]]:
        """`labels` of many at once."""
        columns = ("address", "kind", "tag", "source", "date", "listed", "block_number")
        found: dict[str, list[Label]] = {}
        for address, kind, tag, source, date, listed, block in self._facts(
            "lists", chain_id, "address", addresses, columns
        ):
            label = Label(kind, _safe(tag), _safe(source), date, listed, block)
            found.setdefault(_hex(address), []).append(label)
        return {each: sorted(labels, key=lambda label: label.block_number) for each, labels in found.items()}

    def given(self, chain_id: int, owner: str, most: int) -> tuple[pl.DataFrame, tuple[str, ...]]:
        """The newest allowances that an owner gave or took back (shape: `schema.APPROVALS`, in order of the
        chain), and what was not looked through, in words.
        """
        asked = Asked(chain_id, most=most)
        topic = bytes(12) + bytes.fromhex(owner[2:])
        passing = (pl.col("topic1") == topic) & pl.col("topic0").is_in(APPROVALS.topics)
        blocks, logs = self._logs(asked, passing)
        ranges, left_out = self._ranges(asked), []
        if logs.height >= most:
            left_out.append(f"of the allowances that it gave only the newest {most:,} are read")
        elif len(ranges) > MOST_FILES:
            first = ranges[MOST_FILES - 1].first
            left_out.append(f"allowances that it gave before block {first:,} are not looked for")
        return APPROVALS(blocks, logs), tuple(left_out)

    def contract(self, chain_id: int, address: str) -> Contract | None:
        """Who made the contract at an address; None where the lake saw none made there."""
        codes = self._facts("codes", chain_id, "address", [address], ("block_number", "code_hash"))
        if not codes:
            return None
        block, code = min(codes, key=lambda row: row[0])
        columns = ("from_address", "block_number")
        made = self._facts("transactions", chain_id, "contract_address", [address], columns, block)
        return Contract(block, _hex(made[0][0]) if made else None, _hex(code) if code else None)

    def alike(self, chain_id: int, symbol: bytes) -> list[Token]:
        """Every token whose symbol looks like this one, in order of the blocks that told of it."""
        ranges = [each for each in self._lake().ranges(chain_id) if _lists(each, "token_metadata")]
        files = self._files("token_metadata", ranges[::-1][:MOST_FILES])
        if not files:
            return []
        scan = pl.scan_parquet(files, hive_partitioning=False).filter(pl.col("symbol").is_not_null())
        columns = ("token", "name", "symbol", "decimals", "block_number")
        rows = self._collected(scan.select(columns).head(MOST_TOKENS)).rows()
        wanted = looks(symbol)
        same = [row for row in rows if looks(row[2]) == wanted]
        return [told(_hex(row[0]), *row[1:]) for row in sorted(same, key=lambda row: row[4])]

    def logs(
        self, chain_id: int, emitters: Sequence[str], topics: Sequence[bytes], most: int
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Number and time of blocks, and the newest logs of some contracts in them that begin with one of
        `topics`, in order of the chain.
        """
        passing = _is_in("address", emitters) & pl.col("topic0").is_in(list(topics))
        return self._logs(Asked(chain_id, most=most), passing)

    def _logs(self, asked: Asked, passing: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
        found, read = pl.DataFrame(), self._ranges(asked)[:MOST_FILES]
        for frame in self._scanned("logs", read, passing, list(LOGS.schema), asked):
            found = pl.concat([found, frame]) if found.height else frame
            if found.height > asked.most:
                break
        if not found.height:
            return BLOCKS.empty(), LOGS.empty()
        numbers = found["block_number"].unique().to_list()
        holding = [each for each in read if any(each.first <= number <= each.last for number in numbers)]
        scan = pl.scan_parquet(self._files("blocks", holding), hive_partitioning=False)
        here = scan.filter(pl.col("block_number").is_in(numbers)).select("block_number", "timestamp")
        return self._collected(here), found.head(asked.most).sort(_PLACE)

    def _lake(self) -> Lake:
        """The manifests, read again once one was renamed in."""
        folder = self._path / MANIFESTS
        try:
            changed = folder.stat().st_mtime_ns
        except OSError:
            return Lake.open(self._path)
        if self._seen is None or self._seen[0] != changed:
            self._seen = (changed, Lake.open(self._path))
        return self._seen[1]

    def _ranges(self, asked: Asked) -> list[Manifest]:
        first = 0 if asked.first_block is None else asked.first_block
        last = 2**63 if asked.last_block is None else asked.last_block
        ranges = [each for each in self._lake().ranges(asked.chain_id) if each.overlaps(first, last)]
        return ranges if asked.order == "oldest" else ranges[::-1]

    def _scanned(
        self, table: str, ranges: Sequence[Manifest], passing: pl.Expr, columns: Sequence[str], asked: Asked
    ) -> Iterator[pl.DataFrame]:
        newest = asked.order == "newest"
        for at in range(0, len(ranges), FILES_AT_ONCE):
            some = self._files(table, ranges[at : at + FILES_AT_ONCE])
            scan = pl.scan_parquet(some, hive_partitioning=False).filter(passing).select(columns)
            kept = scan.bottom_k(asked.most + 1, by=_PLACE, reverse=newest)
            yield self._collected(kept).sort(_PLACE, descending=newest)

    def _facts(
        self,
        table: str,
        chain_id: int,
        key: str,
        wanted: Sequence[str] | Sequence[bytes],
        columns: Sequence[str],
        block: int | None = None,
    ) -> list[tuple[Any, ...]]:
        """Rows of a table of facts whose `key` is wanted, of the newest files (of one block's, if given)."""
        raw = [bytes.fromhex(each[2:]) if isinstance(each, str) else each for each in wanted]
        ranges = self._lake().ranges(chain_id)[::-1][:MOST_FILES]
        if block is not None:
            ranges = [each for each in ranges if each.overlaps(block, block)]
        files = self._files(table, [each for each in ranges if _lists(each, table)])
        if not files or not raw:
            return []
        scan = pl.scan_parquet(files, hive_partitioning=False)
        return self._collected(scan.filter(pl.col(key).is_in(raw)).select(columns)).rows()

    def _files(self, table: str, ranges: Iterable[Manifest]) -> list[Path]:
        return [self._path / table_path(table, each.chain_id, each.first, each.last) for each in ranges]

    def _collected(self, scan: pl.LazyFrame) -> pl.DataFrame:
        try:
            return scan.collect(engine="streaming")
        except (OSError, pl.exceptions.PolarsError) as error:
            told_first = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise NotALake(
                f"the lake at {self._path} is damaged or of another version: {told_first}; backfill it again"
            ) from error


def _passing(asked: Asked) -> pl.Expr:
    parts = [pl.col("chain_id") == asked.chain_id]
    raw = [bytes.fromhex(address[2:]) for address in asked.addresses]
    payer, payee = pl.col("from_address").is_in(raw), pl.col("to_address").is_in(raw)
    if raw:
        parts.append({"in": payee, "out": payer, "both": payer | payee}[asked.direction])
    if asked.token is not None:
        parts.append(pl.col("token") == bytes.fromhex(asked.token[2:]))
    if asked.native_only:
        parts.append(pl.col("token").is_null())
    if asked.transaction is not None:
        parts.append(pl.col("transaction_hash") == bytes.fromhex(asked.transaction[2:]))
    if asked.first_block is not None:
        parts.append(pl.col("block_number") >= asked.first_block)
    if asked.last_block is not None:
        parts.append(pl.col("block_number") <= asked.last_block)
    return pl.all_horizontal(parts)


def _transfer(row: tuple[object, ...]) -> Transfer:
    chain, block, time, transaction, log, kind, token, payer, payee, amount, index = row
    assert isinstance(chain, int)
    assert isinstance(block, int)
    assert isinstance(amount, bytes)
    return Transfer(
        chain_id=chain,
        block_number=block,
        timestamp=_number(time),
        transaction=_hex(transaction),
        log_index=None if log == -1 else _number(log),
        kind=str(kind),
        token=None if token is None else _hex(token),
        payer=_hex(payer),
        payee=_hex(payee),
        amount=int.from_bytes(amount, "big"),
        transaction_index=_number(index) or 0,
    )


def _is_in(column: str, addresses: Sequence[str]) -> pl.Expr:
    return pl.col(column).is_in([bytes.fromhex(each[2:]) for each in addresses])


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _hex(value: object) -> str:
    assert isinstance(value, bytes)
    return f"0x{value.hex()}"


def _safe(text: object) -> str:
    return printable(str(text or "").encode(errors="replace"))[:LONGEST_TAG]


def _lists(manifest: Manifest, table: str) -> bool:
    """Whether a range has a file of this table: ranges of earlier versions have fewer."""
    path = table_path(table, manifest.chain_id, manifest.first, manifest.last)
    return any(file.path == path for file in manifest.files)
