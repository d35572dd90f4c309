"""The tables of what leaves the store: every revision of every alert in one order, and who was told of it."""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from dashboard.store.tables import metadata

revisions = Table(
    "revisions",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="from 1, without gaps"),
    Column("chain_id", BigInteger, nullable=False),
    Column("alert_id", String, nullable=False),
    Column("kind", String, nullable=False, comment="raised, changed, lowered or retracted"),
    Column("block_time", BigInteger, nullable=False, comment="of the block that brought it, seconds UTC"),
    Column("filed_at", BigInteger, nullable=False, comment="clock of the sink, seconds UTC"),
    Column("record", Text, nullable=False, comment="canonical JSON of the alert as it was then"),
    Column("hash", String, nullable=False, comment="SHA-256 of the hash before and of this row"),
    Index("revisions_of_alert", "chain_id", "alert_id", "number"),
)
"""Filed in the transaction that files the alert: what programs and people are told follows from it."""

revision_head = Table(
    "revision_head",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("number", BigInteger, nullable=False, comment="of the last row of revisions; 0 before the first"),
    Column("hash", String, nullable=False),
)
"""One row, which whoever files revisions locks last: so numbers are seen in the order in which they are
given, also where several sinks file at once.
"""

alert_numbers = Table(
    "alert_numbers",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("alert_id", String, nullable=False),
    Column("number", BigInteger, nullable=False, comment="of the alert's first revision: it never changes"),
    PrimaryKeyConstraint("chain_id", "alert_id"),
    Index("alert_numbers_in_order", "number", unique=True),
)
"""An alert can come again in another block after a reorganisation; its place in a list of pages cannot."""

outbox = Table(
    "outbox",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", String, nullable=False, comment="as the file of routes calls it"),
    Column("id", String, nullable=False, comment="of the message: the same however often it is sent"),
    Column("chain_id", BigInteger, nullable=False),
    Column("alert_id", String, nullable=False),
    Column("revision", BigInteger, nullable=False, comment="the last row of revisions that it tells of"),
    Column("kind", String, nullable=False, comment="raised, risen, lowered or retracted; or digest"),
    Column("state", String, nullable=False, comment="held, waiting, sent, folded, dropped or dead"),
    Column("due_at", BigInteger, nullable=False, comment="not sent before, seconds UTC"),
    Column("filed_at", BigInteger, nullable=False, comment="of that revision, seconds UTC"),
    Column("attempts", Integer, nullable=False),
    Column("done_at", BigInteger, comment="when it left the outbox, seconds UTC"),
    Column("reason", Text, nullable=False, comment="why the last try failed, in words of ours"),
    Column("folded_into", BigInteger, comment="the digest that tells it"),
    Index("outbox_by_state", "state", "due_at", "number"),
    Index("outbox_of_digest", "folded_into"),
    Index("outbox_of_alert", "chain_id", "alert_id"),
)

told = Table(
    "told",
    metadata,
    Column("channel", String, nullable=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("alert_id", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("standing", Integer, nullable=False, comment="1: as a danger; 0: taken back or lowered since"),
    PrimaryKeyConstraint("channel", "chain_id", "alert_id"),
    Index("told_of_alert", "chain_id", "alert_id"),
)
"""What each channel was last told of an alert: who was told of a danger is told when it is none."""

alarms = Table(
    "alarms",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="from 1, without gaps"),
    Column("chain_id", BigInteger, nullable=False),
    Column("name", String, nullable=False, comment="canary"),
    Column("about", String, nullable=False, comment="the category that is silent"),
    Column("kind", String, nullable=False, comment="raised or over"),
    Column("at", BigInteger, nullable=False, comment="clock of the sink, seconds UTC"),
    Column("reason", Text, nullable=False, comment="in words of ours"),
    Column("looked_at", Integer, nullable=False, comment="1: the outbox knows of it"),
    Index("alarms_to_be_told", "looked_at", "number"),
    Index("alarms_of", "chain_id", "name", "about", "number"),
)
"""What operators are told of: never an alert, and in no book."""

outbox_place = Table(
    "outbox_place",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("revision", BigInteger, nullable=False, comment="the last row of revisions that was looked at"),
    Column("outbox", BigInteger, nullable=False, comment="the last number given to a message"),
)

ONE_ROW: dict[Table, dict[str, int | str]] = {
    revision_head: {"number": 0, "hash": "0" * 64},
    outbox_place: {"revision": 0, "outbox": 0},
}
"""Tables of one row, and what it is in a new store."""
