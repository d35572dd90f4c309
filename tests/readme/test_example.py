"""The detectors that `detectors/README.md` shows as examples are complete: they run and keep the contract."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from detectors import registry
from detectors.base import Detector
from detectors.engine.engine import Engine
from detectors.parts.contract import Part
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import WETH
from tests.readme.documents import DETECTORS

ETHER = 10**18


def _module(number: int) -> types.ModuleType:
    """Imported as a file of the library would be."""
    code = DETECTORS.blocks("python")[number]
    module = types.ModuleType(f"readme_example_{number}")
    sys.modules[module.__name__] = module
    exec(compile(code, DETECTORS.path, "exec"), module.__dict__)
    return module


def test_its_first_example_alerts_and_keeps_the_contract() -> None:
    alice, bob, carol = (address(name) for name in ("alice", "bob", "carol"))
    on_parts: Any = _module(0).LargeReceipt()
    chain = ChainBuilder()
    chain.block().native(alice, bob, 99 * ETHER)
    with chain.block().transaction(alice, bob, 100 * ETHER):
        chain.erc20(WETH, bob, carol, 101 * ETHER)

    output = Engine(1, [on_parts]).take(chain.batch())

    assert isinstance(on_parts, Detector)
    # Bob has one ether less in the end: what he was paid went on to carol, wrapped.
    assert [alert.subject_id for alert in output.alerts] == ["0x" + carol.hex()]
    assert output.alerts[0].measured["ether"] == 101


@pytest.mark.parametrize("cut", [1, 3])
def test_its_second_example_remembers_by_a_part_of_its_own(cut: int) -> None:
    alice, bob, carol = (address(name) for name in ("alice", "bob", "carol"))
    module = _module(1)
    chain = ChainBuilder()
    chain.block().native(alice, bob, 100 * ETHER)
    chain.block().native(alice, carol, 99 * ETHER)
    chain.block().native(alice, bob, 100 * ETHER).native(alice, carol, 100 * ETHER)

    engine = Engine(1, [module.OftenPaid()], parts=(*registry.parts(), module.LargeReceipts()))
    alerts = [alert for batch in chain.batches(cut) for alert in engine.take(batch).alerts]

    assert isinstance(module.LargeReceipts(), Part)
    # Bob got a hundred ether twice, carol once; where blocks are cut changes nothing.
    assert [alert.subject_id for alert in alerts] == ["0x" + bob.hex()]
    assert alerts[0].measured["times"] == 2
