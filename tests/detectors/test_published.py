"""What a rebuilt run sends: only what differs from what was published before."""

from __future__ import annotations

from dataclasses import replace

from detectors.runs.published import superseding
from tests.detectors.alerts import TRUDY, layered


def test_nothing_differs_nothing_is_sent() -> None:
    alert = layered()
    assert superseding({alert.id: alert}, [alert], "new run") == []


def test_what_is_new_or_other_is_sent_and_what_is_gone_is_retracted_as_superseded() -> None:
    gone, changed, fresh = layered(90), layered(100), layered(110, TRUDY)
    graver = replace(changed, severity="high")
    sent = superseding({gone.id: gone, changed.id: changed}, [graver, fresh], "new run")
    retracted = replace(gone, status="retracted", retraction_reason="superseded by run new run")
    assert sent == [graver, fresh, retracted]


def test_what_was_retracted_before_is_not_retracted_again() -> None:
    gone = layered(status="retracted", retraction_reason="its block left the chain")
    assert superseding({gone.id: gone}, [], "new run") == []
