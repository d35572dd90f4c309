"""What a contract can do is found on a private fork, and nothing of it happens on the watched chain."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from dashboard.outside.inspecting import cli, replay
from dashboard.outside.inspecting.fork import forked
from dashboard.outside.inspecting.functions import from_abi
from dashboard.outside.inspecting.inspect import Report, Wish, inspect, tried
from dashboard.outside.inspecting.lab import Lab
from dashboard.outside.inspecting.outcome import Outcome
from dashboard.outside.inspecting.stage import staged
from dashboard.outside.inspecting.subject import chosen, deployed
from ingest.localchain.chain.wallet import Wallet
from ingest.machine.untrusted_solidity import Compiled
from ingest.model.errors import BadInput, NodeUnreachable, WrongChain
from tests.bench.inspect import CASES, at_address, project
from undertow import app

pytestmark = pytest.mark.chain
NOWHERE = "0x00000000000000000000000000000000000000aa"
DEAD = "http://127.0.0.1:9"


def outcome(report: Report, kind: str) -> Outcome:
    return next(each for each in report.outcomes if each.kind == kind)


def test_a_careless_bank_is_entered_again_and_a_careful_one_is_not(
    bank: Report, inspected: Callable[..., Report]
) -> None:
    robbed, kept = outcome(bank, "re-entry"), outcome(inspected("CarefulBank"), "re-entry")

    assert robbed.found
    assert "withdraw" in robbed.said
    assert not kept.found
    assert kept.tries > 0
    assert kept.line() == f"not found  re-entry: within {kept.tries} tries"


def test_its_counterexample_replays_and_one_that_was_changed_does_not(
    bank: Report, bare_rpc: str, tmp_path: Path
) -> None:
    example = bank.example(outcome(bank, "re-entry"))
    file = tmp_path / "re-entry.json"
    file.write_text(json.dumps(example))

    assert "each as it was written" in replay.replayed(file, bare_rpc, 60)

    last = max(i for i, step in enumerate(example["steps"]) if step["do"] == "ask")
    example["steps"][last]["is"] = str(int(example["steps"][last]["is"]) + 1)
    file.write_text(json.dumps(example))
    with pytest.raises(BadInput, match=f"step {last + 1} goes otherwise"):
        replay.replayed(file, bare_rpc, 60)


def test_what_was_made_at_the_third_attempt_replays(
    bare_rpc: str, inspected: Callable[..., Report], tmp_path: Path
) -> None:
    report = inspected("PickyBank", tries=2)
    file = tmp_path / "re-entry.json"
    file.write_text(json.dumps(report.example(outcome(report, "re-entry"))))

    assert report.subject.notes == ("constructor: no --args, so these were tried: number = 18",)
    assert "each as it was written" in replay.replayed(file, bare_rpc, 60)


def test_arguments_of_any_size_are_not_made(hostile: Compiled, inspected: Callable[..., Report]) -> None:
    with pytest.raises(BadInput, match="too large to be tried: give --args"):
        inspected("Glutton")
    (eat,) = from_abi(chosen(hostile, "Glutton", "hostile.sol").abi)
    assert (eat.signature, eat.types) == ("eat(uint256[10000000][2])", None)


def test_a_second_time_finds_the_same_and_the_watched_node_is_as_it_was(
    bare_rpc: str, bank: Report, inspected: Callable[..., Report]
) -> None:
    watched = Wallet.connect(bare_rpc)
    people = [*watched.ask("eth_accounts")[:2], bank.subject.address, *bank.subject.owners]

    def standing() -> list[object]:
        head = watched.ask("eth_getBlockByNumber", "latest", True)
        asked = ("eth_getBalance", "eth_getTransactionCount", "eth_getCode")
        accounts = [watched.ask(method, who, "latest") for method in asked for who in people]
        return [head, accounts, watched.ask("txpool_status")]

    before, processes = standing(), psutil.Process().children(recursive=True)
    again = inspected("Bank")

    assert standing() == before
    assert psutil.Process().children(recursive=True) == processes
    assert again.outcomes == bank.outcomes
    assert any(each.found and each.steps for each in again.outcomes)


@pytest.mark.soak
def test_another_seed_has_other_people(bank: Report, inspected: Callable[..., Report]) -> None:
    other = inspected("Bank", seed=8)
    assert outcome(other, "re-entry").found
    assert other.subject.address != bank.subject.address


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Endless", "its constructor failed, or used more than 15,000,000 gas"),
        ("StillBorn", "leaves no code behind"),
        ("Suicidal", "leaves no code behind"),
    ],
)
def test_mallory_s_constructors_are_one_line(name: str, words: str, inspected: Callable[..., Report]) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        inspected(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "ReturnsBomb",
        pytest.param("RevertsBomb", marks=pytest.mark.soak),
        pytest.param("GasEater", marks=pytest.mark.soak),
    ],
)
def test_bombs_are_survived(name: str, inspected: Callable[..., Report]) -> None:
    report = inspected(name, tries=2, seconds=20)
    assert len(report.outcomes) == 13
    assert all("safe" not in each.line() for each in report.outcomes)


def test_time_that_is_up_is_said_and_never_passed_off_as_tries(bare_rpc: str, hostile: Compiled) -> None:
    with forked(bare_rpc, 60) as fork:
        stage = staged(fork, 7)
        subject = deployed(fork, stage, hostile, chosen(hostile, "Bank", "hostile.sol"), None)
        fork.until = 0
        outcomes = tried(Lab(fork, stage, subject, 7, 12), Wallet.connect(bare_rpc))

    assert [each.found for each in outcomes] == [False] * 13
    assert outcomes[3].line() == "not found  re-entry: within 0 tries: the time was up (--seconds)"


def test_time_that_went_by_in_waiting_is_said_too(bare_rpc: str, hostile: Compiled) -> None:
    """The pipeline is beyond its budget from the third kind on."""
    turns = iter([True, True])
    with forked(bare_rpc, 60) as fork:
        stage = staged(fork, 7)
        subject = deployed(fork, stage, hostile, chosen(hostile, "Bank", "hostile.sol"), None)
        lab = Lab(fork, stage, subject, 7, 2)
        outcomes = tried(lab, Wallet.connect(bare_rpc), lambda _until: next(turns, False))

    waited = [each.kind for each in outcomes if "waiting for the pipeline" in each.said]
    assert "sell-after-buy" not in waited and "upgrade" not in waited
    assert len(waited) == 11


def test_a_contract_on_the_chain_is_inspected_without_its_interface(bare_rpc: str, hostile: Compiled) -> None:
    with forked(bare_rpc, 60) as chain:
        stage = staged(chain, 99)
        bank = deployed(chain, stage, hostile, chosen(hostile, "Bank", "hostile.sol"), [])
        report = inspect(Wish(bank.address, chain.wallet.url, tries=12))

    assert outcome(report, "re-entry").found
    assert report.subject.maker == stage.owner
    assert not report.subject.has_interface


def test_a_pool_that_a_token_remembers_is_no_owner_of_it(bare_rpc: str) -> None:
    """The token's storage names its pool: nobody can have that pay away what it holds."""
    (trap,) = (each for each in CASES if each.name == "BlacklistTrap" and "sell-after-buy" not in each.true)
    with project() as folder:
        report = at_address(trap, folder, bare_rpc, Wish("", "", tries=15, seconds=120))

    assert "by setBots" in outcome(report, "shuts-out-one").said
    assert not outcome(report, "stops-transfers").found
    assert outcome(report, "stops-transfers").tries > 0


def test_nothing_that_cannot_be_inspected_is_begun(bare_rpc: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=f"there is no code at {NOWHERE} on chain 31337 at block 0"):
        inspect(Wish(NOWHERE, bare_rpc))
    with pytest.raises(WrongChain, match="the node is of chain 31337, not of 1 "):
        inspect(Wish(NOWHERE, bare_rpc, chain_id=1))
    with pytest.raises(NodeUnreachable, match="does not answer"):
        inspect(Wish(NOWHERE, DEAD))
    with pytest.raises(BadInput, match="is neither an address"):
        inspect(Wish(str(tmp_path / "gone.sol"), bare_rpc))


def test_which_contract_is_meant_must_be_said(hostile: Compiled) -> None:
    with pytest.raises(BadInput, match=r"holds 10 contracts: choose one with --contract: .*Bank"):
        chosen(hostile, None, "hostile.sol")
    with pytest.raises(BadInput, match=r"holds no contract 'Bonk': there are .*CarefulBank"):
        chosen(hostile, "Bonk", "hostile.sol")
    with pytest.raises(BadInput, match="holds no contract that can be deployed"):
        chosen(Compiled("0.8.28", (), {}), None, "words.sol")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no counterexample"),
        ("{}", "no counterexample"),
        ('{"format": 2}', "of format 2, this version reads 1"),
        ('{"format": 1, "steps": 3, "kind": "upgrade", "block": 0}', "no counterexample"),
        ('{"format": 1, "steps": [], "kind": "upgrade", "block": 0}', "no counterexample"),
    ],
)
def test_what_is_no_counterexample_is_refused(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "example.json"
    file.write_text(text)
    with pytest.raises(BadInput, match=words):
        replay.read(file)


@pytest.mark.parametrize(
    ("step", "seconds", "words"),
    [
        ({"do": "ask", "of": 5, "asset": NOWHERE, "is": "1"}, 60, "step 1 cannot be read: .*5 is no address"),
        ({"do": "ask", "of": NOWHERE, "asset": "weth", "is": "1"}, 60, "'weth' is no address"),
        ({"do": "fly"}, 60, "step 1 cannot be read"),
        (
            {"do": "send", "from": NOWHERE, "to": None, "data": "0x", "value": "0", "ok": True},
            -1,
            "time was up",
        ),
    ],
)
def test_a_counterexample_that_somebody_wrote_is_refused_at_its_step(
    step: dict[str, object], seconds: float, words: str, bare_rpc: str, tmp_path: Path
) -> None:
    genesis = Wallet.connect(bare_rpc).ask("eth_getBlockByNumber", "0x0", False)["hash"]
    example = replay.written(31_337, 0, genesis, NOWHERE, Outcome("upgrade", True, "", 1))
    file = tmp_path / "example.json"
    file.write_text(json.dumps(example | {"steps": [step]}))
    with pytest.raises(BadInput, match=words):
        replay.replayed(file, bare_rpc, seconds)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "cannot be read as an interface"),
        ('{"abi": 3}', "holds no interface: a JSON list"),
        ('[{"type": "function", "name": "f"}]', "holds no interface: a JSON list"),
        ('[{"name": "f", "inputs": [{"type": "uintx"}]}]', "'uintx' is no type"),
        (
            f'[{{"name": "f", "inputs": [{{"type": "uint[{"9" * 5_000}]"}}]}}]',
            "holds no interface: a JSON list",
        ),
    ],
)
def test_what_is_no_interface_is_refused(
    text: str, words: str, bare_rpc: str, hostile: Compiled, tmp_path: Path
) -> None:
    file = tmp_path / "abi.json"
    file.write_text(text)
    with forked(bare_rpc, 60) as chain:
        bank = deployed(chain, staged(chain, 99), hostile, chosen(hostile, "Bank", "hostile.sol"), [])
        with pytest.raises(BadInput, match=words):
            inspect(Wish(bank.address, chain.wallet.url, abi=file))


def test_counterexamples_go_into_a_folder(bank: Report, tmp_path: Path) -> None:
    (tmp_path / "found").write_text("")
    with pytest.raises(BadInput, match="found cannot be a folder: File exists"):
        cli.write(bank, tmp_path / "found")


def test_a_counterexample_of_another_chain_is_refused(bare_rpc: str, tmp_path: Path) -> None:
    file = tmp_path / "example.json"
    example = replay.written(1, 0, "0x00", NOWHERE, Outcome("upgrade", True, "", 1))
    file.write_text(json.dumps(example))
    with pytest.raises(WrongChain, match="is of chain 1, the node of 31337"):
        replay.replayed(file, bare_rpc, 60)
    file.write_text(json.dumps(example | {"chain_id": 31_337}))
    with pytest.raises(BadInput, match="whose hash is another one at this node"):
        replay.replayed(file, bare_rpc, 60)


def test_the_command_wants_one_thing_to_inspect(bare_rpc: str) -> None:
    for given in ([], [NOWHERE, "--replay", "x.json", "--rpc", bare_rpc], [NOWHERE]):
        assert CliRunner().invoke(app, ["inspect", *given], env={"UNDERTOW_RPC": ""}).exit_code == 2
