"""Models trained on labelled lakes: the same rows give the same file, and a file scores as it was trained."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from typer.testing import CliRunner

from detectors.engine.trained import trained_scorers
from detectors.evaluate.training.labelled_rows import labelled_rows
from detectors.models.growing import Growth, auc, fit, grow, of_fitted, one_thread
from detectors.models.model_file import load, rows_digest
from detectors.models.outliers import Matrix
from detectors.parts.model_tables import COLUMNS, CONTRACT_CODE, WALLET
from detectors.runs.over_lake import LakeRun
from ingest.lake.reading import Lake
from ingest.lake.writing import LakeWriter
from ingest.model.errors import BadInput
from tests.contract.stories.suspicious_contract import EVENT, SWEEP, TRANSFERS, wired
from tests.detectors.parts.test_bytecode import calls
from tests.fixtures.frames import ChainBuilder, address
from undertow import app

BANK, FOUNDER = address("bank"), address("founder")
INTO = calls("deposit()") + calls("withdraw(uint256)")
LOCKS = calls("lock(uint256)") + calls("unlock(uint256)")


def hexed(who: bytes) -> str:
    return "0x" + who.hex()


def label(number: int, block: int, mallory: bytes, weapon: bytes, variant: str) -> dict[str, object]:
    return {
        "id": f"attack-{number}", "category": "suspicious-contract", "kind": "attack",
        "first_block": block, "last_block": block, "harm_block": None, "transactions": [],
        "roles": [{"address": hexed(who), "role": "attacker"} for who in (mallory, weapon)],
        "variant": variant, "succeeded": True, "also": [], "note": variant,
    }  # fmt: skip


class Town:
    """A bank that a few use. In each block alice deploys honest code, and mallory a weapon."""

    def __init__(self, folder: Path, blocks: int = 26, chain_id: int = 1) -> None:
        self.lake, self.labels, rng = folder / "lake", folder / "labels.jsonl", Random(7)
        chain = ChainBuilder(chain_id).block().creates(FOUNDER, BANK)
        self.attacks: list[dict[str, object]] = []
        for number in range(blocks):
            mallory, weapon, alice, shop = (
                address(f"{who} {number}") for who in ("mallory", "weapon", "alice", "shop")
            )
            variant, does = [("raider", INTO), ("voter", LOCKS)][number % 2]
            chain.block().creates(mallory, weapon)
            chain.code(weapon, wired(mallory) + wired(BANK) + does + SWEEP + b"\x5b" * rng.randrange(9))
            chain.creates(alice, shop).code(shop, EVENT + TRANSFERS + b"\x54" * rng.randrange(1, 90))
            chain.native(alice, BANK, 10**15)
            self.attacks.append(label(number, chain.head, mallory, weapon, variant))
        self.batch = chain.batch()
        folder.mkdir(exist_ok=True)
        LakeWriter(self.lake).write(self.batch)
        self.tell(self.attacks, chain_id)

    def tell(self, attacks: Iterable[dict[str, object]], chain_id: int = 1) -> None:
        header: dict[str, object] = {"chain_id": chain_id, "unlabelled": "honest", "seed": 7}
        self.labels.write_text("".join(json.dumps(line) + "\n" for line in (header, *attacks)))

    def train(self, out: Path, model: str = "contract-code", *more: str) -> tuple[int, str]:
        """Exit status, and all that was said, or the one line of the error."""
        given = ["--lake", self.lake, "--labels", self.labels, "--model", model, "--out", out, *more]
        done = CliRunner().invoke(app, ["train", *map(str, given)])
        return done.exit_code, str(done.exception) if done.exit_code == 1 else done.output


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def trained(town: Town, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("models") / "code.model.json"
    status, said = town.train(out)
    assert status == 0, said
    return out, said


def made_rows(count: int, columns: int = 4) -> tuple[Matrix, np.ndarray]:
    """True where the first two columns together are high, but for one in ten."""
    rng = np.random.default_rng(5)
    rows = np.round(rng.normal(size=(count, columns)), 2)
    return rows, (rows[:, 0] + rows[:, 1] > 0.5) ^ (rng.random(count) < 0.1)


def test_the_arrays_score_as_scikit_learn_does() -> None:
    rows, truth = made_rows(600)
    fitted = fit(rows, truth, Growth(trees=30), 1)
    asked = np.concatenate([rows, np.random.default_rng(6).normal(size=(300, 4)) * 3])

    found = of_fitted(fitted).probabilities(asked)

    with one_thread():
        assert np.abs(found - fitted.predict_proba(asked)[:, 1]).max() < 1e-9


def test_a_row_scores_the_same_alone_and_its_shares_sum_up_to_its_log_odds() -> None:
    rows, truth = made_rows(400)
    trees = grow(rows, truth, Growth(trees=10), 1)
    together = trees.probabilities(rows)

    for row, score in zip(rows[:20], together, strict=False):
        assert trees.probabilities(row[None, :])[0] == score
        start = trees.base + trees.value[trees.roots].sum()
        assert np.isclose(start + trees.shares(row).sum(), np.log(score / (1 - score)))
    assert np.abs(trees.shares(np.array([3.0, 3.0, 0.0, 0.0]))).argsort()[-2:].tolist() in ([0, 1], [1, 0])


def test_trees_and_digest_do_not_depend_on_the_order_of_the_rows() -> None:
    rows, truth = made_rows(400)
    other = np.random.default_rng(8).permutation(400)

    one, same = (grow(rows[each], truth[each], Growth(trees=5), 1) for each in (np.arange(400), other))

    assert one.value.tolist() == same.value.tolist()
    assert rows_digest(rows, truth) == rows_digest(rows[other], truth[other])
    assert rows_digest(rows, truth) != rows_digest(rows, ~truth)


def test_auc_counts_pairs_and_ties_half() -> None:
    # Pairs of (true, other): 3>1, 3>2, 2>1 and 2=2: three and a half of four.
    assert auc(np.array([3.0, 2.0, 1.0, 2.0]), np.array([True, True, False, False])) == 3.5 / 4


def test_a_model_says_what_it_was_trained_on_and_how_it_did_on_what_was_left_out(
    town: Town, trained: tuple[Path, str]
) -> None:
    out, said = trained
    model = load(out, COLUMNS)

    # 26 weapons; 26 shops, and the bank, whose code was not told.
    assert (model.rows, model.positives) == (52, 26)
    assert model.sources[0].last_block == town.batch.last
    assert "52 rows, 26 of attacks" in said
    for family in ("suspicious-contract:raider", "suspicious-contract:voter", "all families"):
        assert family in said


def test_the_same_training_gives_the_same_bytes(
    town: Town, trained: tuple[Path, str], tmp_path: Path
) -> None:
    again = tmp_path / "again.model.json"

    town.tell(reversed(town.attacks))
    town.train(again)
    told_otherwise = json.loads(again.read_text())
    town.tell(town.attacks)
    again.unlink()
    town.train(again)

    assert again.read_bytes() == trained[0].read_bytes()
    # Another order of the labels is another file of labels, but the same rows and the same trees.
    first = json.loads(trained[0].read_text())
    assert [told_otherwise[key] == first[key] for key in ("rows_digest", "trees", "sources")] == [1, 1, 0]


def test_a_model_adds_scores_with_what_made_them_and_no_alert(town: Town, trained: tuple[Path, str]) -> None:
    (scorer,) = trained_scorers(trained[0].parent)

    judged = LakeRun(Lake.open(town.lake), 1, [scorer], keep_scores=True).run(None, None, lambda _: None)

    assert judged.alerts == []
    best = {score.subject: score.parts[scorer.name] for score in judged.scores}
    weapons = {hexed(address(f"weapon {number}")) for number in range(26)}
    assert {who for who, score in best.items() if score > 0.5} == weapons
    model = load(trained[0], COLUMNS)
    assert scorer.name == f"contract-code-{model.rows_digest[:16]}"


def test_labels_that_end_above_the_lake_count_for_nothing(town: Town) -> None:
    late = dict(town.attacks[0], id="late", last_block=town.batch.last + 1)
    try:
        town.tell([late, *town.attacks[1:]])
        rows = labelled_rows(CONTRACT_CODE, [(town.lake, town.labels)], 1, lambda _: None)
    finally:
        town.tell(town.attacks)

    # Neither true nor honest: its weapon is left out.
    assert (int(rows.truth.sum()), int((~rows.truth).sum()), rows.left_out) == (25, 26, 1)


def test_wallets_are_honest_but_for_those_with_a_part_in_an_attack(town: Town) -> None:
    rows = labelled_rows(WALLET, [(town.lake, town.labels)], 1, lambda _: None)

    # 26 blocks in each of which alice pays the bank; deploying moves nothing.
    assert int((~rows.truth).sum()) == 26
    assert not rows.truth.any()


def test_what_cannot_be_trained_is_refused_in_one_line(town: Town, tmp_path: Path) -> None:
    out = tmp_path / "new.model.json"
    status, said = town.train(out, "wallet")
    assert status == 1 and said.startswith("0 rows of attacks for the model wallet: it takes 20 at least")
    status, said = town.train(out, "opcode")
    assert (
        status == 1 and "there is no model 'opcode'" in said and "contract-code" in said and "wallet" in said
    )
    (tmp_path / "old.model.json").write_text("{}")
    assert "old.model.json is there already" in town.train(tmp_path / "old.model.json")[1]
    assert "let it end in .model.json" in town.train(tmp_path / "model.npz")[1]
    assert "there is no folder" in town.train(tmp_path / "none" / "a.model.json")[1]
    assert town.train(out, "wallet", "--lake", str(town.lake))[0] == 2
    status, said = town.train(out, "wallet", "--leave-out", "worlds")
    assert status == 2 and "needs several: give --lake and --labels again" in " ".join(said.split())
    assert not out.exists()


def test_worlds_alone_are_left_out_where_that_is_asked_for(town: Town, tmp_path: Path) -> None:
    again = ("--lake", str(town.lake), "--labels", str(town.labels), "--leave-out", "worlds")
    status, said = town.train(tmp_path / "two.model.json", "contract-code", *again)

    assert status == 0, said
    lines = said.splitlines()
    heads = [line.split("  ")[0] for line in lines[lines.index(next(x for x in lines if "trees" in x)) + 1 :]]
    assert [head for head in heads if head.startswith("world ")] == ["world 1", "world 2"]
    assert "all families" not in said


@pytest.mark.parametrize(
    ("attacks", "chain_id", "said"),
    [
        (lambda each: [dict(a, first_block=900, last_block=901) for a in each], 1, "no attack of it lies in"),
        (lambda each: [], 1, "no attack of it lies in the blocks of"),
        (lambda each: each, 5, "labels chain 5, of which .* holds no block"),
        (lambda each: each[:9], 1, "^9 rows of attacks for the model contract-code"),
    ],
    ids=["later blocks", "none", "another chain", "too few"],
)
def test_labels_that_teach_nothing_are_refused_in_one_line(
    town: Town,
    tmp_path: Path,
    attacks: Callable[[list[dict[str, object]]], list[dict[str, object]]],
    chain_id: int,
    said: str,
) -> None:
    import re

    try:
        town.tell(attacks(town.attacks), chain_id)
        status, told = town.train(tmp_path / "new.model.json")
    finally:
        town.tell(town.attacks)

    assert status == 1 and re.search(said, told), told
    assert "\n" not in told


def changed(path: Path, to: Path, change: Callable[[dict[str, object]], None], digest: bool) -> Path:
    """The model with something else in it; with `digest`, one that fits again."""
    import hashlib

    said = json.loads(path.read_text())
    change(said)
    if digest:
        said.pop("digest")
        said["digest"] = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    to.write_text(json.dumps(said, sort_keys=True))
    return to


@pytest.mark.parametrize(
    ("change", "digest", "said"),
    [
        (lambda m: m.update(seed=2), False, "was changed after it was trained"),
        (lambda m: m.update(format=2), True, "format 2, this version reads 1"),
        (lambda m: m.update(table="opcode"), True, "a model 'opcode', which this version has not"),
        (lambda m: m["columns"].pop(), True, "the columns of contract-code in this version are not the same"),
        (lambda m: m["columns"].reverse(), True, "are in another order"),
        (lambda m: m["trees"].pop("left"), True, "no model that `undertow train` wrote"),
        (lambda m: m["trees"]["left"].__setitem__(0, 0), True, "its trees are no trees"),
        (lambda m: m["trees"]["feature"].__setitem__(0, 99), True, "its trees are no trees"),
        (lambda m: m["trees"]["value"].__setitem__(0, float("nan")), True, "its trees are no trees"),
        (lambda m: m["trees"]["roots"].clear(), True, "its trees are no trees"),
        (lambda m: m.clear(), False, "no model that `undertow train` wrote"),
    ],
)
def test_a_model_that_is_not_as_it_was_trained_is_refused(
    trained: tuple[Path, str],
    tmp_path: Path,
    change: Callable[[dict[str, object]], None],
    digest: bool,
    said: str,
) -> None:
    path = changed(trained[0], tmp_path / "bad.model.json", change, digest)

    with pytest.raises(BadInput, match=said) as refused:
        load(path, COLUMNS)
    assert "bad.model.json" in str(refused.value) and "\n" not in str(refused.value)


def test_any_bytes_are_no_model(tmp_path: Path) -> None:
    for number, raw in enumerate((b"", b"[]", b"\xff\xfe", b"[" * 20_000, b'{"digest": 1}', b"PK\x03\x04")):
        path = tmp_path / f"{number}.model.json"
        path.write_bytes(raw)
        with pytest.raises(BadInput, match=r"model"):
            load(path, COLUMNS)


def test_a_folder_without_a_model_or_with_one_twice_is_refused(
    trained: tuple[Path, str], tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="holds no model"):
        trained_scorers(tmp_path)
    with pytest.raises(BadInput, match="is no folder"):
        trained_scorers(trained[0])
    for name in ("a", "b"):
        (tmp_path / f"{name}.model.json").write_bytes(trained[0].read_bytes())
    with pytest.raises(BadInput, match="twice: remove one"):
        trained_scorers(tmp_path)


def test_a_model_is_part_of_the_run_and_another_one_makes_another_run(
    trained: tuple[Path, str], tmp_path: Path
) -> None:
    from detectors.engine.digest import digest
    from detectors.engine.settings import EngineSettings

    other = changed(trained[0], tmp_path / "other.model.json", lambda m: m.update(seed=2), True)

    runs = {
        digest(EngineSettings(), found, (1, b"x"), [], [])
        for found in ([], trained_scorers(trained[0].parent), trained_scorers(other.parent))
    }
    assert len(runs) == 3
