"""The store: alerts, scores and heads as rows that people query. The only package that knows SQLAlchemy."""

from dashboard.store.answers import AlertRow, Counts, Filters, Head, SetAside, Standing
from dashboard.store.audit import AuditRow
from dashboard.store.audit_check import Audited, Known
from dashboard.store.case_reading import CaseReader, Comment, SavedFilter, Watch
from dashboard.store.cases import CASE_STATUSES, DISPOSITIONS, AlertKey, Case, Change
from dashboard.store.connect import (
    alone,
    bring_up_to_date,
    open_anchors,
    open_desk,
    open_guard,
    open_outbox,
    open_reader,
    open_turns,
    open_writer,
    own_store,
)
from dashboard.store.desk import Bulk, Desk
from dashboard.store.feed import Feed, Rejected
from dashboard.store.health import HealthReader, RoleHealth
from dashboard.store.moving import move
from dashboard.store.people import LOCAL, ROLES, Actor, Role, whoever_types
from dashboard.store.reading import Reader
from dashboard.store.refusals import AuditBroken, NotAllowed, Overtaken
from dashboard.store.turns import StoreBeating, StoreTurns, Turn
from dashboard.store.values import in_order, quoted, whole
from dashboard.store.writing import Writer

__all__ = [
    "CASE_STATUSES", "DISPOSITIONS", "LOCAL", "ROLES", "Actor", "AlertKey", "AlertRow", "AuditBroken",
    "AuditRow", "Audited", "Bulk", "Case", "CaseReader", "Change", "Comment", "Counts", "Desk", "Feed",
    "Filters", "Head", "HealthReader", "Known", "NotAllowed", "Overtaken", "Reader", "Rejected", "Role",
    "RoleHealth", "SavedFilter", "SetAside", "Standing", "StoreBeating", "StoreTurns", "Turn", "Watch",
    "Writer", "alone", "bring_up_to_date", "in_order", "move", "open_anchors", "open_desk", "open_guard",
    "open_outbox", "open_reader", "open_turns", "open_writer", "own_store", "quoted", "whoever_types",
    "whole",
]  # fmt: skip
