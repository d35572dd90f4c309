"""The store: alerts, scores and heads as rows that people query. The only package that knows SQLAlchemy."""

from dashboard.store.answers import AlertRow, Counts, Filters, Head, SetAside, Standing
from dashboard.store.connect import bring_up_to_date, open_reader, open_writer
from dashboard.store.feed import Feed, Rejected
from dashboard.store.reading import Reader
from dashboard.store.values import in_order, quoted, whole
from dashboard.store.writing import Writer

__all__ = [
    "AlertRow",
    "Counts",
    "Feed",
    "Filters",
    "Head",
    "Reader",
    "Rejected",
    "SetAside",
    "Standing",
    "Writer",
    "bring_up_to_date",
    "in_order",
    "open_reader",
    "open_writer",
    "quoted",
    "whole",
]
