"""The table of who does what on a store: one process for each kind of work, and who has its turn now."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from dashboard.store.tables import metadata

turns = Table(
    "turns",
    metadata,
    Column("work", String, primary_key=True, comment="sink, sink of chain 5, notify, anchor of chain 5"),
    Column("epoch", BigInteger, nullable=False, comment="from 1, one more with each process that began"),
    Column("instance", String, nullable=False, comment="machine and number of that process, for people"),
    Column("token", String, nullable=False, comment="of that process alone"),
    Column("beat", BigInteger, nullable=False, comment="one more each second, while it works"),
    Column("ended", Integer, nullable=False, comment="1: it ended by itself"),
)
"""A transaction of an epoch that is over is refused: see `turns.held`."""
