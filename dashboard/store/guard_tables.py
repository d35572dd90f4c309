"""The table of what a guard proposed and sent: vaults that were paused, and let go again, for which alert."""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from dashboard.store.tables import metadata

guard_plans = Table(
    "guard_plans",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="from 1, as planned"),
    Column("chain_id", BigInteger, nullable=False),
    Column("contract", String, nullable=False, comment="the guard, 0x-hex"),
    Column("vault", String, nullable=False, comment="0x-hex"),
    Column("kind", String, nullable=False, comment="pause or resume"),
    Column("how", String, nullable=False, comment="propose, or pause: by one key"),
    Column("alert_id", String, nullable=False),
    Column("reason", String, nullable=False, comment="what the contract is told of the alert, 0x-hex"),
    Column("key", String, nullable=False, comment="of the proposal in the contract, 0x-hex"),
    Column("planned_at", BigInteger, nullable=False, comment="seconds UTC"),
    Column("state", String, nullable=False, comment="planned, sent, proposed, done, or why it is over"),
    Column("transaction", String, nullable=False, comment="0x-hex; empty before it was sent"),
    Column("mined_block", BigInteger),
    Column("why", Text, nullable=False),
    Index("guard_plans_of_alert", "chain_id", "alert_id", "vault"),
    Index("guard_plans_by_state", "chain_id", "state"),
)
"""Written before anything is sent. Each change of `state` is a row of the audit too."""
