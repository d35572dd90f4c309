"""The demo's second chain: what was said of final blocks is anchored there, by parts that the demo starts."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from dashboard.demo.parts import ANCHOR_CHAIN_ID, Place, anchor, second_chain
from dashboard.demo.summary import anchored
from dashboard.demo.supervisor import Supervisor
from dashboard.store import open_writer
from ingest.machine.processes import free_port, wait_until
from tests.dashboard.alerts import CHAIN, Filing, drain
from tests.dashboard.outside.anchoring.anchored import lives

pytestmark = [pytest.mark.chain, pytest.mark.soak]


def test_the_demo_anchors_what_is_final_and_its_summary_says_where(tmp_path: Path) -> None:
    place = Place(tmp_path, CHAIN, broker_port=1, chain_port=1, anchor_port=free_port())
    lives(Filing(open_writer(place.store)), 70, drain(20))
    assert anchored(place.store, CHAIN) == ["anchored      0 stretches of blocks, 0 on their way"]
    said: list[str] = []
    with Supervisor(tmp_path / "logs", threading.Event(), said.append) as supervisor:
        supervisor.start(second_chain(place))
        supervisor.start(anchor(place))

        def is_settled() -> bool:
            supervisor.check()
            return "anchored      1 stretches of blocks, 0 on their way" in anchored(place.store, CHAIN)

        wait_until(is_settled, 300, "the stretch of blocks 0 to 49 anchored")

    _, where = anchored(place.store, CHAIN)
    assert where.endswith(f" on chain {ANCHOR_CHAIN_ID}, up to block 49")
    assert said[1] == f"anchor        final alerts are anchored on chain {ANCHOR_CHAIN_ID}"
    keys = list(tmp_path.glob("anchor-*.key"))
    assert [key.stat().st_mode & 0o777 for key in keys] == [0o600]
