"""A case as a document to hand on: what a screen says of it, gathered once, written as HTML and as PDF."""

from dashboard.screens.report.as_html import as_html
from dashboard.screens.report.as_pdf import as_pdf
from dashboard.screens.report.document import Document
from dashboard.screens.report.gathering import case_report

__all__ = ["Document", "as_html", "as_pdf", "case_report"]
