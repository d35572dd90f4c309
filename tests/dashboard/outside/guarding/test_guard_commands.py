"""What `undertow guard` does not take it refuses in one line, and nothing is changed; dry it only talks."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

import undertow
from ingest.model.errors import UndertowError
from ingest.nodes.sending.sender import Sender
from tests.dashboard.alerts import CHAIN, Filing
from tests.dashboard.outside.guarding.guarded import OWNER, STRANGER, Guarded, lives
from tests.dashboard.outside.guarding.test_guard_contract import bounded, pauses, proposes
from tests.dashboard.outside.guarding.test_kills import policy_file
from tests.fixtures.second_chain import key_file, second_chain

pytestmark = pytest.mark.chain


def runs(*argv: str) -> tuple[int, str]:
    done = CliRunner().invoke(undertow.app, ["guard", *argv])
    said = str(done.exception) if isinstance(done.exception, UndertowError) else done.output
    assert not isinstance(done.exception, UndertowError) or "\n" not in said
    return done.exit_code, said


def refused(*argv: str) -> str:
    code, said = runs(*argv)
    assert code != 0, said
    return said


def sends(guarded: Guarded, store: str, key: Path | None = None, url: str = "") -> tuple[str, ...]:
    return ("--policy", str(policy_file(guarded)), "--store", store, "--rpc", url or guarded.chain.url,
            "--key-file", str(key or guarded.guardian), "--state", str(guarded.folder / "state"), "--send",
            "--once")  # fmt: skip


def test_without_send_it_says_what_it_would_do_and_does_nothing(
    guarded: Guarded, filing: Filing, sqlite_url: str
) -> None:
    lives(filing, 101, guarded.robbed(100), guarded.robbed(99, proven=False))
    dry = ("--policy", str(policy_file(guarded)), "--store", sqlite_url, "--once")
    for more in ((), ("--rpc", guarded.chain.url, "--key-file", str(guarded.guardian))):
        code, said = runs(*dry, *more)
        assert code == 0, said
        assert f"{guarded.vault}: would pause for alert drain-100 (wallet-drain): proven" in said
        assert "would do nothing for alert drain-99 (wallet-drain): it is not proven" in said
    assert guarded.plans(sqlite_url) == [] and guarded.sent_to_guard() == []


def test_a_key_that_is_missing_read_by_others_or_none_is_told(
    guarded: Guarded, filing: Filing, sqlite_url: str, tmp_path: Path
) -> None:
    lives(filing, 101, guarded.robbed(100))
    assert "cannot be read" in refused(*sends(guarded, sqlite_url, tmp_path / "nowhere"))
    key = key_file(tmp_path, 7)
    key.chmod(0o644)
    said = refused(*sends(guarded, sqlite_url, key))
    assert "chmod 600" in said and key.read_text().strip() not in said
    key.chmod(0o600)
    key.write_text("my secret")
    said = refused(*sends(guarded, sqlite_url, key))
    assert "holds no private key" in said and "my secret" not in said
    told = ("--policy", str(policy_file(guarded)), "--send")
    assert "--key-file" in refused(*told) and "--policy" in refused()
    assert guarded.plans(sqlite_url) == []


def test_a_key_without_the_role_and_a_guard_without_the_vault_are_told(
    guarded: Guarded, filing: Filing, sqlite_url: str, tmp_path: Path
) -> None:
    lives(filing, 101, guarded.robbed(100))
    assert "has the role none" in refused(*sends(guarded, sqlite_url, key_file(tmp_path, 8)))
    assert "has the role confirmer" in refused(*sends(guarded, sqlite_url, guarded.confirmer))
    policy = policy_file(guarded)

    def changed(old: str, new: str) -> str:
        text = policy.read_text()
        other = tmp_path / "other.toml"
        other.write_text(text.replace(old, new))
        return refused(*sends(guarded, sqlite_url)[2:], "--policy", str(other))

    assert "does not guard" in changed(f'vaults = ["{guarded.vault}"]', f'vaults = ["{STRANGER}"]')
    assert "lies no contract of undertow" in changed(guarded.guard, STRANGER)
    approvers = f'approvers = ["{OWNER}"]\nact = "pause"'
    assert "has the role none" in changed('act = "pause"', approvers)
    assert "the policy has expired" in changed("2100-01-01", "2001-01-01")
    assert f"and the policy is for chain {CHAIN + 1}" in changed(f"chain = {CHAIN}", f"chain = {CHAIN + 1}")
    assert guarded.plans(sqlite_url) == [] and guarded.sent_to_guard() == []


def test_a_dead_node_and_one_of_another_chain_are_told(
    guarded: Guarded, filing: Filing, sqlite_url: str
) -> None:
    lives(filing, 101, guarded.robbed(100))
    assert "is it running?" in refused(*sends(guarded, sqlite_url, url="http://127.0.0.1:9"))
    with second_chain(31_400) as other:
        said = refused(*sends(guarded, sqlite_url, url=other.url))
        assert f"is of chain 31400, and the policy is for chain {CHAIN}" in said
    assert guarded.plans(sqlite_url) == []


def test_a_guard_that_has_expired_is_told(guarded: Guarded, filing: Filing, sqlite_url: str) -> None:
    assert bounded(guarded, expires=guarded.now) == "done"
    lives(filing, 101, guarded.robbed(100))
    assert "the guard itself has expired" in refused(*sends(guarded, sqlite_url))


def test_caps_that_are_used_up_end_a_run_with_once_and_are_said(
    guarded: Guarded, filing: Filing, sqlite_url: str
) -> None:
    for number in (1, 2):
        assert pauses(guarded, number) == "done"
        guarded.later(3_600)
    lives(filing, 101, guarded.robbed(100))
    code, said = runs(*sends(guarded, sqlite_url))
    assert code == 0 and "waiting" in said and "as often as it may in 24 hours" in said
    assert [plan.state for plan in guarded.plans(sqlite_url)] == ["planned"]


class Mining(threading.Thread):
    """Blocks go on coming while a command waits for them."""

    def __init__(self, guarded: Guarded) -> None:
        super().__init__(daemon=True)
        self._guarded = guarded
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            self._guarded.chain.mine()
            time.sleep(0.1)

    def __enter__(self) -> Mining:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()


def confirming(guarded: Guarded, *more: str, key: Path | None = None) -> tuple[str, ...]:
    return ("confirm", "--contract", guarded.guard, "--rpc", guarded.chain.url, "--depth", "2", "--state",
            str(guarded.folder / "state"), "--key-file", str(key or guarded.confirmer), *more)  # fmt: skip


def test_a_second_key_lists_what_waits_and_confirms_it_once(guarded: Guarded) -> None:
    assert proposes(guarded, 1) == "done"
    listed = ("confirm", "--contract", guarded.guard, "--rpc", guarded.chain.url)
    code, said = runs(*listed)
    assert code == 0 and "1 proposals wait" in said
    key = said.split()[0]
    assert "has the role guardian" in refused(*confirming(guarded, key, key=guarded.guardian))
    with Mining(guarded):
        code, said = runs(*confirming(guarded, key))
        assert code == 0 and "is settled" in said
        assert guarded.is_paused()
        code, said = runs(*confirming(guarded, key))
        assert code == 0
    assert "0 proposals wait" in runs(*listed)[1]


def test_what_cannot_be_confirmed_is_told(guarded: Guarded) -> None:
    assert "knows no proposal" in refused(*confirming(guarded, "0x" + "12" * 32))
    assert "is no key" in refused(*confirming(guarded, "0x12"))
    assert "--key-file" in refused(*confirming(guarded, "0x" + "12" * 32)[:5], "0x" + "12" * 32)
    assert "--contract" in refused("confirm", "--rpc", guarded.chain.url)
    assert proposes(guarded, 1) == "done"
    key = runs("confirm", "--contract", guarded.guard, "--rpc", guarded.chain.url)[1].split()[0]
    guarded.later(3_601)
    assert "has lapsed" in refused(*confirming(guarded, key))


def test_a_confirmation_that_the_chain_refused_is_none_and_may_be_tried_again(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        assert pauses(guarded, number) == "done"
        guarded.later(3_600)
    assert proposes(guarded, 3) == "done"
    key = runs("confirm", "--contract", guarded.guard, "--rpc", guarded.chain.url)[1].split()[0]
    with monkeypatch.context() as patched, Mining(guarded):
        patched.setattr(Sender, "_estimated", lambda *_: 500_000)  # the caps were not used up yet
        assert "was refused by the chain" in refused(*confirming(guarded, key))
    assert "as often as it may in 24 hours" in refused(*confirming(guarded, key))


def test_a_guard_is_made_with_the_roles_it_is_given(guarded: Guarded) -> None:
    owner = key_file(guarded.folder, 11)
    guarded.chain.fund(guarded.of(owner))
    told = ("deploy", "--vault", guarded.vault, "--guardian", STRANGER, "--rpc", guarded.chain.url,
            "--key-file", str(owner), "--depth", "2", "--state", str(guarded.folder / "state"))  # fmt: skip
    assert "two persons are wanted" in refused(*told, "--confirmer", STRANGER)
    assert "is no address" in refused(*told, "--confirmer", "ann")
    said = refused(*told, "--confirmer", OWNER, "--pause-for", "soon")
    assert said.startswith("--pause-for: 'soon' is no span of time")
    said = refused(*told, "--confirmer", OWNER, "--resume-after", "2h")
    assert "cannot be made: the guard takes no such bounds" in said
    with Mining(guarded):
        code, said = runs(*told, "--confirmer", OWNER, "--alone", "--pauses-a-day", "3")
        assert code == 0, said
        code, again = runs(*told, "--confirmer", OWNER, "--alone", "--pauses-a-day", "3")
    assert again.splitlines()[-1] == said.splitlines()[-1], "whoever is killed and starts again makes it once"
    guarded.guard = said.split("guard: ")[-1].split(" ")[0]
    with guarded.asked() as (guard, _):
        assert (guard.role(STRANGER), guard.role(OWNER)) == ("guardian", "confirmer")
        assert guard.bounds().alone and guard.bounds().pauses_a_day == 3 and guard.guards(guarded.vault)
