"""Who works with the store in the tests, and names that strangers would give."""

from __future__ import annotations

from dashboard.store import Actor

ANN = Actor("ann", "analyst")
ANDREW = Actor("andrew", "analyst")
VERA = Actor("vera", "viewer")
ADA = Actor("ada", "admin")

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "markdown image": "![p](http://evil.example/p.png)",
    "right to left": "safe\u202egnp.exe",
    "zero width": "al\u200bice\u2060\ufeff",
    "10 kB": "x" * 10_240,
    "NUL": "a\0b",
    "lone surrogate": "a\ud800b",
    "formula": '=HYPERLINK("http://evil.example";A1)',
    "tab formula": "\t=1+1",
    "command": "'; DROP TABLE audit; --",
    "emoji": "🦊 ok",
    "backslash": "\\u{0000} \\ %s {0}",
}
