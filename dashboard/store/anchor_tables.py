"""The tables of what is anchored on a chain: stretches of blocks, their leaves, and how it goes."""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from dashboard.store.tables import metadata

runs = Table(
    "runs",
    metadata,
    Column("chain_id", BigInteger, primary_key=True, autoincrement=False),
    Column("run", String, nullable=False, comment="digest of the run that judges the chain"),
    Column("since", BigInteger, nullable=False, comment="the head when it took over; 0 for the first"),
)
"""Of a run that judged the log anew, only the last revisions up to that head are known."""

anchor_stretches = Table(
    "anchor_stretches",
    metadata,
    Column("chain_id", BigInteger, nullable=False, comment="of the watched chain"),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("leaves", BigInteger, nullable=False),
    Column("root", String, nullable=False, comment="0x-hex"),
    Column("run", String, nullable=False),
    Column("audited", BigInteger, nullable=False, comment="rows of the audit then"),
    Column("audit", String, nullable=False, comment="hash of the last of them"),
    Column("planned_at", BigInteger, nullable=False, comment="seconds UTC"),
    Column("state", String, nullable=False, comment="waiting, mined or settled"),
    Column("transaction", String, nullable=False, comment="0x-hex; empty before the first was sent"),
    Column("mined_block", BigInteger, comment="of the chain that it is anchored on"),
    PrimaryKeyConstraint("chain_id", "first"),
)
"""Written before anything is sent, and never changed but for its state."""

anchor_leaves = Table(
    "anchor_leaves",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("first", BigInteger, nullable=False, comment="of its stretch"),
    Column("alert_id", String, nullable=False),
    Column("revision", BigInteger, nullable=False, comment="row of revisions that it was made of"),
    Column("record_hash", String, nullable=False, comment="keccak-256 of the canonical JSON, 0x-hex"),
    Column("retracted", Integer, nullable=False, comment="1: it says that the alert stands no longer"),
    PrimaryKeyConstraint("chain_id", "first", "alert_id"),
    Index("anchor_leaves_of_alert", "chain_id", "alert_id", "first"),
)

anchoring = Table(
    "anchoring",
    metadata,
    Column("chain_id", BigInteger, primary_key=True, autoincrement=False),
    Column("contract", String, nullable=False, comment="0x-hex"),
    Column("anchor_chain", BigInteger, nullable=False, comment="where the contract lies"),
    Column(
        "checked_at", BigInteger, nullable=False, comment="when `undertow anchor` last looked, seconds UTC"
    ),
    Column("trouble", Text, nullable=False, comment="why it does not get on; empty where it does"),
)
