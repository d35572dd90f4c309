"""The detector that `detectors/README.md` shows as an example is complete: it runs and keeps the contract."""

from __future__ import annotations

import sys
import types

import pytest

from detectors.base import Detector
from detectors.engine.engine import Engine
from tests.fixtures.frames import ChainBuilder, address
from tests.readme.documents import DETECTORS

ETHER = 10**18


@pytest.fixture
def example() -> Detector:
    """The class of the README's example, imported as a file of the library would be."""
    (code,) = DETECTORS.blocks("python")
    module = types.ModuleType("readme_example")
    sys.modules[module.__name__] = module
    exec(compile(code, DETECTORS.path, "exec"), module.__dict__)
    found: Detector = module.LargeFirstPayment()
    return found


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
