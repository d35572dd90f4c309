"""Programs are installed before the contracts that need them, beside kernels; what fails ends the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

import undertow
from ingest.machine import setup
from ingest.model.errors import SetupFailed

Said = list[str]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    """What was installed, in order; nothing is."""

    def tools(progress: Callable[[str], None], browser: bool = False) -> None:
        progress(f"tools{' and a browser' * browser}")

    @contextmanager
    def kernels(progress: Callable[[str], None]) -> Iterator[None]:
        progress("kernels begin")
        yield
        progress("kernels")

    monkeypatch.setattr("ingest.machine.tools.ensure", tools)
    monkeypatch.setattr("ingest.machine.solidity.ensure", lambda progress: progress("contracts"))
    monkeypatch.setattr("detectors.runs.kernel_setup.compiling_kernels", kernels)
    return []


def test_programs_come_before_contracts(said: Said) -> None:
    setup.ensure(said.append)
    assert said == ["tools", "contracts"]


@pytest.mark.parametrize(("flags", "first"), [([], "tools"), (["--browser"], "tools and a browser")])
def test_the_command_installs_everything(said: Said, flags: list[str], first: str) -> None:
    outcome = CliRunner().invoke(undertow.app, ["setup", *flags])
    assert (outcome.exit_code, outcome.output.splitlines()) == (
        0,
        ["kernels begin", first, "contracts", "kernels"],
    )


def test_what_cannot_be_installed_ends_it(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(progress: Callable[[str], None], browser: bool = False) -> None:
        raise SetupFailed("no network: check the proxy")

    monkeypatch.setattr("ingest.machine.tools.ensure", offline)
    with pytest.raises(SetupFailed, match="check the proxy"):
        setup.ensure(said.append)
    assert said == []
