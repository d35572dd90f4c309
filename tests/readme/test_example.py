"""The detectors that `detectors/README.md` shows as examples are complete: they run and keep the contract."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from detectors.base import Detector, Reader
from detectors.engine.engine import Engine
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import WETH
from tests.readme.documents import DETECTORS

ETHER = 10**18


@pytest.fixture
def example() -> Detector:
    """The README's first example."""
    found: Detector = _module(0).LargeFirstPayment()
    return found


@pytest.fixture
def on_parts() -> Any:
    """The second one, on shared parts."""
    return _module(1).LargeReceipt()


def _module(number: int) -> types.ModuleType:
    """Imported as a file of the library would be."""
    code = DETECTORS.blocks("python")[number]
    module = types.ModuleType(f"readme_example_{number}")
    sys.modules[module.__name__] = module
    exec(compile(code, DETECTORS.path, "exec"), module.__dict__)
    return module


def test_its_example_detector_alerts_and_keeps_the_contract(example: Detector) -> None:
    alice, bob, carol = (address(name) for name in ("alice", "bob", "carol"))
    chain = ChainBuilder()
    chain.block().native(alice, bob, 99 * ETHER)
    chain.block().native(alice, bob, 500 * ETHER)
    chain.block().native(alice, carol, 100 * ETHER)

    output = Engine(1, [example]).take(chain.batch())

    assert isinstance(example, Detector)
    # Bob was paid before his large payment; carol was not, and 100 ether is the threshold itself.
    assert [alert.subject_id for alert in output.alerts] == ["0x" + carol.hex()]
    assert output.alerts[0].measured["wei"] == str(100 * ETHER)


def test_its_example_on_parts_alerts_and_keeps_the_contract(on_parts: Any) -> None:
    alice, bob, carol = (address(name) for name in ("alice", "bob", "carol"))
    chain = ChainBuilder()
    chain.block().native(alice, bob, 99 * ETHER)
    with chain.block().transaction(alice, bob, 100 * ETHER):
        chain.erc20(WETH, bob, carol, 101 * ETHER)

    output = Engine(1, [on_parts]).take(chain.batch())

    assert isinstance(on_parts, Reader)
    # Bob has one ether less in the end: what he was paid went on to carol, wrapped.
    assert [alert.subject_id for alert in output.alerts] == ["0x" + carol.hex()]
    assert output.alerts[0].measured["ether"] == 101
