"""Files of an alert to hand on: a report of its case as PDF and as HTML, and the alert itself as JSON.

They are made when somebody asks for them. Who may look may hand on: nothing is changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from dashboard.screens import sign_in
from dashboard.screens.report import Document, as_html, as_pdf, case_report
from dashboard.store import AlertKey, Reader
from detectors.alerts.alert import Alert
from ingest.model.errors import UndertowError


def show(reader: Reader, key: AlertKey, alert: Alert) -> None:
    who, name = sign_in.actor().name, file_name(key)
    files: tuple[tuple[str, Callable[[], bytes | str], str, str], ...] = (
        ("Report as PDF", lambda: pdf(reader, key, who), f"{name}.pdf", "application/pdf"),
        ("Report as HTML", lambda: html(reader, key, who), f"{name}.html", "text/html"),
        ("Alert as JSON", lambda: json_of(alert), f"{name}.json", "application/json"),
    )
    for column, (label, made, file, kind) in zip(st.columns([1, 1, 1, 2])[:3], files, strict=True):
        column.download_button(
            label, made, file, kind, key=f"{label}-{key}", on_click="ignore", width="stretch"
        )


def pdf(reader: Reader, key: AlertKey, who: str) -> bytes:
    at = time.time()
    return as_pdf(_gathered(reader, key, who, at), at)


def html(reader: Reader, key: AlertKey, who: str) -> str:
    return as_html(_gathered(reader, key, who, time.time()))


def json_of(alert: Alert) -> str:
    """The canonical line of its last revision; what a record holds that JSON has no word for is said."""
    try:
        return f"{alert.to_json()}\n"
    except (ValueError, TypeError) as error:
        return f"this alert cannot be written as JSON: {error}\n"


def file_name(key: AlertKey) -> str:
    """Of letters that every system takes for a name."""
    plain = "".join(each for each in key.alert_id if each.isascii() and (each.isalnum() or each == "-"))
    return f"case-{key.chain_id}-{plain[:40] or 'alert'}"


def _gathered(reader: Reader, key: AlertKey, who: str, at: float) -> Document:
    """The report; where the store does not answer, a page that says so."""
    try:
        return case_report(reader, key, who, at)
    except UndertowError as error:
        return Document("No report could be made", (), str(error), (), (), "")
