"""What travels between detection and who reads it: keys, records and the note of the output mark.

Everything is typed and bounded, and read the same way by everybody. A record that another program wrote, or
that is damaged, is named by UnreadableRecord; keys that this version does not know are passed over, and keys
that came later than a record may be missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from detectors.alerts.alert import (
    DEFAULT_FINALITY,
    Alert,
    RoleName,
    Severity,
    Status,
    SubjectKind,
    canonical,
)
from detectors.alerts.text import visible
from ingest.model.errors import UnreadableRecord

MOST_BYTES = 900_000
"""A broker with default limits carries 1 MB; the rest is room for its own framing."""
_LARGEST = 2**63 - 1
_REASON = 300
"""Characters of a reason: part of it may be a stranger's words."""

_TEXT = r"\A[^\x00\ud800-\udfff]*\Z"
"""PostgreSQL takes no NUL, and neither store takes half of a surrogate pair."""
Count = Annotated[int, Meta(ge=0, le=_LARGEST)]
Depth = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Share = Annotated[float, Meta(ge=0, le=1)]
Name = Annotated[str, Meta(min_length=1, max_length=128, pattern=_TEXT)]
Prose = Annotated[str, Meta(max_length=10_000, pattern=_TEXT)]
Symbol = Annotated[str, Meta(max_length=4_096, pattern=_TEXT)]
Address = Annotated[str, Meta(pattern=r"\A0x[0-9a-f]{40}\Z")]
Hash = Annotated[str, Meta(pattern=r"\A0x[0-9a-f]{64}\Z")]
Subject = Annotated[str, Meta(pattern=r"\A0x(?:[0-9a-f]{2}){1,64}\Z")]
Units = Annotated[str, Meta(pattern=r"\A[0-9]{1,78}\Z")]
Measure = int | float | Prose
_MEASURE_BITS = 512
_DIGITS: dict[SubjectKind, tuple[int, ...]] = {
    "wallet": (40,), "token": (40,), "contract": (40,), "transaction": (64,), "pool": (40, 64),
    "node": (40,),
}  # fmt: skip
"""How many hex digits name a subject. Where a pool is one of many in a contract, its id is a hash."""


def group_of(chain_id: int) -> str:
    """The consumer group whose offset is the output mark: below it nothing is sent again."""
    return f"undertow-detect-{chain_id}"


def alert_key(chain_id: int, alert_id: str) -> bytes:
    """The key of an alert's revisions: compaction keeps the last of them."""
    return f"{chain_id}:{alert_id}".encode()


def scores_key(chain_id: int) -> bytes:
    return str(chain_id).encode()


class Note(Struct, frozen=True, kw_only=True):
    """What the output mark says of what was sent: up to which block, and by which run.

    `anchor` is the first block that the run read: with it, whoever starts knows its own run digest before it
    reads a block. `rebuilding`: the log is being judged anew, and what was published is partly of the run
    before. `off`: detectors and explanations that raised, each with the block from which it is not asked.
    `forgot_early`: tables that were full, each with how often it forgot its oldest rows before their time.
    """

    head: Annotated[int, Meta(ge=-1, le=_LARGEST)]
    hash: Prose
    run: Prose = ""
    finality: Depth = DEFAULT_FINALITY
    anchor: tuple[Count, Hash] | None = None
    rebuilding: bool = False
    off: dict[Name, Count] = {}
    forgot_early: dict[Name, Count] = {}


class SubjectScore(Struct, frozen=True):
    """A subject's score at the end of a block, with the detectors it came from."""

    subject_kind: SubjectKind
    subject: Subject
    score: Share
    parts: dict[Name, Share]


class Fees(Struct, frozen=True):
    """What a block used and what it cost, in gas and wei, as in the table `blocks`; None where the chain does
    not say, or says more than 63 bits.
    """

    gas_used: Count | None = None
    gas_limit: Count | None = None
    base_fee_per_gas: Count | None = None
    blob_gas_used: Count | None = None
    excess_blob_gas: Count | None = None


class BlockScores(Struct, frozen=True, tag="scores", tag_field="kind"):
    """The scores of one block. A block with very many has several records: `part` counts them. Beyond a cap
    only the highest are kept: `left_out` counts the others. `again`: they follow a `Superseded`, about
    a block that was judged before. `fees` stand in the first part; records of before have none.
    """

    chain_id: Count
    block_number: Count
    block_hash: Hash
    timestamp: Count
    scores: tuple[SubjectScore, ...]
    part: Count = 0
    left_out: Count = 0
    again: bool = False
    fees: Fees | None = None


class RolledBack(Struct, frozen=True, tag="rollback", tag_field="kind"):
    """Blocks above `block_number` have left the chain, and their scores with them; it is the head again."""

    chain_id: Count
    block_number: Count
    block_hash: Hash


class Superseded(Struct, frozen=True, tag="superseded", tag_field="kind"):
    """The log was judged anew by `run`: scores of blocks from `block_number` on no longer count, and the new
    ones follow. The chain itself stays where it is.
    """

    chain_id: Count
    block_number: Count
    run: Name


ScoreRecord = BlockScores | RolledBack | Superseded


class _Kind(Struct):
    kind: str


class _Role(Struct):
    address: Address
    role: RoleName | Literal["subject"]


class _Subject(Struct):
    kind: SubjectKind
    id: Subject


class _Suppression(Struct):
    kind: Name
    reason: Prose
    id: Name | UnsetType | None = UNSET


class _Evidence(Struct):
    transaction: Hash
    log_index: Count | None
    block_number: Count
    from_address: Address | None = None
    to_address: Address | None = None
    token: Address | None = None
    symbol: Symbol | None = None
    decimals: Annotated[int, Meta(ge=0, le=255)] | None = None
    amount: Units | None = None
    index_in_log: Count | UnsetType | None = UNSET
    trace_index: Count | UnsetType | None = UNSET
    kind: Name | UnsetType | None = UNSET


class _Alert(Struct):
    """The JSON of an alert. What may be UNSET came after the first version: its records lack it."""

    id: Name
    chain_id: Count
    category: Name
    detector: Name
    run: Name
    severity: Severity
    score: Share
    p_value: Share | None
    status: Status | None
    retraction_reason: Prose | None
    block_number: Count
    block_hash: Hash
    timestamp: Count
    updated_block: Count
    transactions: list[Hash]
    subject: _Subject
    roles: list[_Role]
    evidence: list[_Evidence]
    measured: dict[Name, Measure]
    thresholds: dict[Name, Measure]
    proof: Literal["header", "receipts-root", "none"]
    tier: Literal["transfers", "logs", "receipts", "traces", "code"]
    suppressed_by: _Suppression | None
    explanation: Prose
    value_wei: Units | None = None
    proven: bool | None = None


ALERT_TYPE = _Alert
"""What an alert is on the wire."""
Record = TypeVar("Record")
_ALERT = msgspec.json.Decoder(_Alert)
_SCORES: msgspec.json.Decoder[ScoreRecord] = msgspec.json.Decoder(ScoreRecord)
_KIND = msgspec.json.Decoder(_Kind)
_KINDS = ("scores", "rollback", "superseded")
_NOTE = msgspec.json.Decoder(Note)


def fees_from(row: Sequence[int | None]) -> Fees:
    """Of a row of the table `blocks`, in the order of the fields of `Fees`."""
    return Fees(*(value if value is not None and value <= _LARGEST else None for value in row))


def alert_from(key: bytes, value: bytes | None, chain_id: int) -> Alert:
    """The alert of a record in the partition of `chain_id`. Raises UnreadableRecord."""
    typed = _decoded(_ALERT, value, "an alert")
    _expect(typed.chain_id == chain_id, f"an alert of chain {typed.chain_id}, not of chain {chain_id}")
    _expect(key == alert_key(chain_id, typed.id), f"the key {key!r} is not of alert {typed.id}")
    _expect_subject(typed.subject.kind, typed.subject.id)
    numbers = [*typed.measured.values(), *typed.thresholds.values()]
    large = any(isinstance(number, int) and number.bit_length() > _MEASURE_BITS for number in numbers)
    _expect(not large, f"not an alert: a measure has more than {_MEASURE_BITS} bits")
    plain = msgspec.to_builtins(typed)
    # Records of earlier versions say provisional or final: that is the head's to say.
    return Alert.from_dict({**plain, "status": "retracted" if typed.status == "retracted" else None})


def scores_from(key: bytes, value: bytes | None, chain_id: int) -> ScoreRecord:
    """The record of scores in the partition of `chain_id`. Raises UnreadableRecord."""
    kind = _decoded(_KIND, value, "a record of scores").kind
    _expect(kind in _KINDS, f"a record of scores of unknown kind {kind!r}")
    record = _decoded(_SCORES, value, "a record of scores")
    _expect(record.chain_id == chain_id, f"scores of chain {record.chain_id}, not of chain {chain_id}")
    _expect(key == scores_key(chain_id), f"the key {key!r} is not of chain {chain_id}")
    if isinstance(record, BlockScores):
        for each in record.scores:
            _expect_subject(each.subject_kind, each.subject)
        named = {(each.subject_kind, each.subject) for each in record.scores}
        _expect(len(named) == len(record.scores), "not a record of scores: a subject is named twice")
    return record


def note_from(text: str) -> Note:
    """The note of an output mark. Raises UnreadableRecord."""
    return _decoded(_NOTE, text.encode(errors="replace"), "a note of undertow")


def note_text(note: Note) -> str:
    return _canonical(note).decode()


def records_of(record: ScoreRecord) -> list[bytes]:
    """`record` as it is sent: several where a broker would not carry it in one."""
    whole = _canonical(record)
    if len(whole) <= MOST_BYTES or not isinstance(record, BlockScores) or len(record.scores) < 2:
        return [whole]
    size = max(1, len(record.scores) * MOST_BYTES // (2 * len(whole)))
    pieces = [record.scores[start : start + size] for start in range(0, len(record.scores), size)]
    return [_canonical(_part(record, piece, part)) for part, piece in enumerate(pieces)]


def _part(record: BlockScores, scores: Sequence[SubjectScore], part: int) -> BlockScores:
    fees = None if part else record.fees
    return msgspec.structs.replace(record, scores=tuple(scores), part=part, fees=fees)


def _canonical(message: Any) -> bytes:
    return canonical(msgspec.to_builtins(message)).encode()


def _decoded(decoder: msgspec.json.Decoder[Record], value: bytes | None, what: str) -> Record:
    try:
        return decoder.decode(value or b"")
    except (msgspec.ValidationError, RecursionError) as error:
        raise UnreadableRecord(f"not {what}: {_short(str(error))}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnreadableRecord(f"not JSON: {_short(str(error))}") from error


def _expect(holds: bool, reason: str) -> None:
    if not holds:
        raise UnreadableRecord(_short(reason))


def _expect_subject(kind: SubjectKind, subject: str) -> None:
    right = kind not in _DIGITS or len(subject) - 2 in _DIGITS[kind]
    _expect(right, f"{subject} has not the length of a {kind}")


def _short(reason: str) -> str:
    return visible(reason[:_REASON])
