"""What is released costs a wallet what was paid for it, once, and nothing gives that back."""

from __future__ import annotations

import json
import shutil
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from dashboard.outside.sharing import bins, cli, release
from dashboard.outside.sharing.measuring import attacked, gains
from dashboard.outside.sharing.noise import Noise
from dashboard.outside.sharing.release import Histogram, Release, released, text_of, true_counts
from dashboard.outside.sharing.thresholds import pooled, threshold
from dashboard.outside.sharing.wallets import Wallets
from dashboard.store import open_reader, open_writer
from detectors.kernels.habits import WALLET_FEATURES
from ingest.lake.writing import LakeWriter
from ingest.model.errors import BadInput, SetupFailed
from tests.fixtures.frames import ChainBuilder, address

app = typer.Typer()
cli.mount(app)
FAST = ["out_fast", "new_payees"]
ETHER = 10**18


def people(count: int, seed: int = 1) -> Wallets:
    rows = np.random.default_rng(seed).gamma(1.0, 1.0, size=(count, len(WALLET_FEATURES)))
    return Wallets(1, (1, 9), tuple(address(f"wallet {n}") for n in range(count)), rows)


class Alice:
    """A lake of thirty wallets, a store, and a mark that lies elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lake, self.mark = folder, folder / "lake", folder / "state" / "epsilon.json"
        self.file, self.releases = folder / "store.db", 0
        self.store = f"sqlite:///{self.file}"
        open_writer(self.store).close()
        chain = ChainBuilder().block()
        for n in range(30):
            chain.native(address(f"payer {n}"), address(f"payee {n}"), ETHER)
        LakeWriter(self.lake).write(chain.batch())

    def releases_for(self, epsilon: str, *more: object) -> tuple[int, str]:
        self.releases += 1
        out = self.folder / f"release-{self.releases}.json"
        where = ("--lake", self.lake, "--out", out, "--mark", self.mark, "--store", self.store)
        given = ("release", *where, "--epsilon", epsilon, "--feature", "out_fast", *more)
        done = CliRunner().invoke(app, ["share", *map(str, given)])
        assert out.exists() == (done.exit_code == 0)
        return done.exit_code, str(done.exception) if done.exit_code == 1 else done.output

    def spent(self) -> str:
        given = ("spent", "--chain-id", 1, "--mark", self.mark, "--store", self.store)
        return CliRunner().invoke(app, ["share", *map(str, given)]).output


@pytest.fixture
def alice(tmp_path: Path) -> Alice:
    return Alice(tmp_path)


def test_a_used_up_epsilon_is_one_line_and_nothing_is_changed(alice: Alice) -> None:
    assert alice.releases_for("0.4")[0] == alice.releases_for("0.6")[0] == 0
    before = alice.mark.read_bytes()
    status, said = alice.releases_for("0.000001")
    told = "epsilon is used up: of 1 for chain 1 1 is spent, and this takes 1e-06; nothing was released"
    assert (status, said) == (1, told)
    assert alice.mark.read_bytes() == before
    assert alice.spent() == "chain 1: 1 spent; budget: 1\n"
    with closing(open_reader(alice.store)) as reader:
        rows = [json.loads(row.change)["after"]["spent"] for row in reader.cases.audit()]
    assert rows == [400_000, 1_000_000]


def test_a_restored_backup_gives_nothing_back(alice: Alice) -> None:
    alice.releases_for("0.4")
    shutil.copy(alice.file, alice.folder / "backup.db")
    alice.releases_for("0.5")
    for each in alice.folder.glob("store.db*"):
        each.unlink()
    shutil.copy(alice.folder / "backup.db", alice.file)

    assert "chain 1: 0.9 spent" in alice.spent()
    assert "the store says 0.4 only: it is an older one, and the mark counts" in alice.spent()
    assert "epsilon is used up" in alice.releases_for("0.2")[1]
    assert alice.releases_for("0.1")[0] == 0
    assert alice.spent() == "chain 1: 1 spent; budget: 1\n"


def test_a_new_store_gives_nothing_back_and_a_mark_that_is_gone_is_missed(alice: Alice) -> None:
    alice.releases_for("0.9")
    for each in alice.folder.glob("store.db*"):
        each.rename(alice.folder / f"old-{each.name}")
    open_writer(alice.store).close()
    assert "epsilon is used up" in alice.releases_for("0.2")[1]

    alice.store = f"sqlite:///{alice.folder / 'old-store.db'}"
    alice.mark.unlink()
    assert "the mark of chain 1 is gone, and the store knows of 0.9 spent" in alice.releases_for("0.1")[1]
    alice.mark.write_text('{"1": "none"}')
    assert "says no number of chain 1" in alice.releases_for("0.1")[1]
    alice.mark.write_text("{")
    assert "is no mark of epsilon" in alice.releases_for("0.1")[1]


def test_the_budget_is_set_once(alice: Alice) -> None:
    alice.releases_for("0.1", "--budget", "0.5")
    assert "the budget of chain 1 is 0.5, and stays so" in alice.releases_for("0.1", "--budget", "5")[1]
    assert alice.releases_for("0.1", "--budget", "0.5")[0] == 0


def test_a_budget_is_told_to_the_last_millionth(alice: Alice) -> None:
    alice.releases_for("0.1", "--budget", "123.456789")
    assert "give --budget 123.456789" in alice.releases_for("0.1", "--budget", "5")[1]
    assert alice.releases_for("0.1", "--budget", "123.456789")[0] == 0


def test_a_mark_that_cannot_be_written_is_one_line_and_nothing_is_spent(alice: Alice) -> None:
    alice.mark.parent.write_text("no folder")
    status, said = alice.releases_for("0.1")
    assert (status, said.endswith("see --mark"), "\n" in said) == (1, True, False), said
    with closing(open_reader(alice.store)) as reader:
        assert list(reader.cases.audit()) == []


def test_who_is_killed_before_the_file_is_written_has_spent_it(
    alice: Alice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(release, "released", dies)
    assert alice.releases_for("0.9")[0] == 130
    monkeypatch.undo()
    assert "epsilon is used up" in alice.releases_for("0.2")[1]


@pytest.mark.parametrize("odd", ["0", "-1", "inf", "nan", "0.0000001", "a lot"])
def test_an_epsilon_that_is_none_is_refused(odd: str, alice: Alice) -> None:
    assert alice.releases_for(odd)[0] == 2


def test_what_is_no_feature_or_no_wallet_is_refused(alice: Alice) -> None:
    assert "--feature takes each of out_fast" in alice.releases_for("0.1", "--feature", "secrets")[1]
    listed = alice.folder / "wallets.txt"
    listed.write_text("0x" + address("nobody").hex())
    assert "none of those wallets did anything" in alice.releases_for("0.1", "--wallets", listed)[1]
    listed.write_text("0x12")
    assert "an address has 40 hex digits" in alice.releases_for("0.1", "--wallets", listed)[1]
    assert alice.spent() == "chain 1: 0 spent; budget: none is set yet\n"


def test_a_wallet_is_in_one_bin_of_each_feature() -> None:
    everybody = people(50)
    fewer = Wallets(1, (1, 9), everybody.who[1:], everybody.rows[1:])
    for name in WALLET_FEATURES:
        (true,), (less,) = true_counts(everybody, [name]), true_counts(fewer, [name])
        assert (true.sum(), np.abs(true - less).sum()) == (50, 1)


def test_a_value_lies_below_the_edge_that_it_reaches() -> None:
    assert bins.place("share_new_payees", np.array([-1.0, 0.0, 0.01, 0.05, 0.06, 1.0, 2.0])).tolist() == [
        0, 0, 1, 1, 2, 20, 21,
    ]  # fmt: skip


def test_noise_is_that_of_a_discrete_laplace_and_no_two_draws_are_alike() -> None:
    """Of scale 4: mean 0, and a mean distance of 2 q / (1 - q^2), with q = exp(-1 / 4): 3.96."""
    noise = Noise(500_000, 2)
    drawn = noise.on(np.zeros(4_000, np.int64))
    assert noise.scale == pytest.approx(4)
    assert abs(drawn.mean()) < 0.6
    assert np.abs(drawn).mean() == pytest.approx(3.96, abs=0.5)
    assert (drawn != noise.on(np.zeros(4_000, np.int64))).any()


def test_without_opendp_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opendp.measurements", None)
    with pytest.raises(SetupFailed, match=r"install undertow\[share\]"):
        Noise(1, 1)


def test_an_attack_wins_where_epsilon_is_high_and_guesses_where_it_is_low() -> None:
    everybody = people(200)
    high, low = attacked(everybody, FAST, 20_000_000, 200), attacked(everybody, FAST, 10_000, 200)
    assert high.advantage > 0.9
    assert abs(low.advantage) < 0.25
    assert low.least_epsilon < 0.5


def test_others_histograms_bring_thresholds_nearer_than_few_wallets_of_ones_own() -> None:
    own, others, later = people(500), [people(4_000, 2), people(4_000, 3)], people(9_000, 4)
    measured = gains(own, others, later, FAST, 0.02, [10_000, 2_000_000], young=40, draws=4)
    found = {each.name: each.error for each in measured}
    assert found["epsilon 2"] < found["own wallets alone"] < found["epsilon 0.01"]


def test_thresholds_are_by_hand_what_they_are_said_to_be() -> None:
    """A hundred wallets, three of them above the edge 0.05, and two of these above 0.15."""
    counts = np.zeros(22, np.int64)
    counts[[1, 3, 4]] = 97, 1, 2
    assert threshold("share_new_payees", counts, 0.03) == pytest.approx(0.05)
    assert threshold("share_new_payees", counts, 0.02) == pytest.approx(0.15)
    counts[21] = 5
    assert threshold("share_new_payees", counts, 0.01) == float("inf")


def test_releases_are_read_as_written_and_odd_ones_refused(tmp_path: Path) -> None:
    file = tmp_path / "release.json"
    true = released(people(30), FAST, 1_000_000)
    file.write_text(text_of(true))
    assert release.read(file) == true
    given = [str(file), str(file), "--rate", "0.5"]
    done = CliRunner().invoke(app, ["share", "thresholds", *given])
    assert [line.split("\t")[0] for line in done.output.splitlines()] == FAST

    odd = Histogram("out_fast", [0.0], [1, 2])
    for content in ("{", text_of(Release(release.FORMAT, 1, (1, 2), 1, 1.0, [odd])), '{"format": NaN}'):
        file.write_text(content)
        with pytest.raises(BadInput, match=r"is no release|has other bins"):
            release.read(file)
    with pytest.raises(BadInput, match="of other features than each other"):
        pooled([true, released(people(30), ["in_fast"], 1_000_000)])
