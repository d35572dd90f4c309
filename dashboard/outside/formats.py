"""Which formats this undertow writes and reads: of log, store and state, and of files that are kept."""

from __future__ import annotations

from collections.abc import Mapping


def formats() -> Mapping[str, str]:
    """What is written and read, by name; the middle number of the version rises with the first three."""
    from dashboard.accounts import users
    from dashboard.outside.anchoring import proving
    from dashboard.outside.api import tokens
    from dashboard.outside.evidence import bundle
    from dashboard.outside.inspecting import replay
    from dashboard.outside.packs import pack
    from dashboard.outside.sharing import release
    from dashboard.store.tables import SCHEMA_VERSION
    from detectors.engine import checkpoint
    from detectors.evaluate.training import packs
    from detectors.memory import head
    from detectors.models import model_file
    from ingest.log import records

    return {
        "log": f"{records.VERSION}, and reads 1 to {records.VERSION}",
        "store": f"{SCHEMA_VERSION}, and brings 1 to {SCHEMA_VERSION - 1} up to date",
        "state": f"{checkpoint.VERSION}.{head.VERSION}, and makes others anew with `detect --rebuild`",
        "models": str(model_file.FORMAT),
        "users": str(users.VERSION),
        "tokens": str(tokens.VERSION),
        "counterexamples": str(replay.FORMAT),
        "evidence": bundle.FORMAT,
        "packs": pack.FORMAT,
        "label packs": packs.FORMAT,
        "anchor proofs": proving.FORMAT,
        "histograms": release.FORMAT,
    }
