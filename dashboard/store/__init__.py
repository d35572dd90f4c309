"""The store: alerts, scores and heads as rows that people query. The only package that knows SQLAlchemy."""

from dashboard.store.connect import open_reader, open_writer
from dashboard.store.reading import AlertRow, Counts, Filters, Head, Reader
from dashboard.store.writing import Feed, Rejected, ScoreBlock, Tip, Writer

__all__ = [
    "AlertRow",
    "Counts",
    "Feed",
    "Filters",
    "Head",
    "Reader",
    "Rejected",
    "ScoreBlock",
    "Tip",
    "Writer",
    "open_reader",
    "open_writer",
]
