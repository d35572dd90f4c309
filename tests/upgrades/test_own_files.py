"""Files that people keep beside log, state and store are read as the version wrote that had them first.

`users.json`, `tokens.json` and `code.model.json` are of version 0.5, `bundle.json` is of 0.6, `carols.pack`
of 0.8.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.accounts.users import fits, read_users
from dashboard.outside.api.tokens import PREFIX, digest, read_tokens
from dashboard.outside.packs.pack import opened
from detectors.models.model_file import load
from detectors.parts.model_tables import COLUMNS
from tests.dashboard.outside.evidence.bundles import refused
from tests.upgrades.kept import FILES
from undertow import app

OWN = FILES / "own"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """As they lie in a home: nobody else can read them."""
    folder = tmp_path / "own"
    shutil.copytree(OWN, folder)
    for file in folder.iterdir():
        file.chmod(0o600)
    return folder


def test_who_may_sign_in_still_may_with_the_same_password(own: Path) -> None:
    users = read_users(own / "users.json")
    assert {name: user.role for name, user in users.items()} == {
        "alice": "admin",
        "bob@example.org": "viewer",
    }
    kept = users["alice"].password
    assert kept is not None and fits(kept, "a long password of alice")
    done = CliRunner().invoke(app, ["users", "list", "--users", str(own / "users.json")])
    assert done.exit_code == 0 and "alice" in done.output


def test_a_program_still_comes_in_with_its_token(own: Path) -> None:
    assert read_tokens(own / "tokens.json")[digest(f"{PREFIX}{'a' * 43}")].name == "ci"


def test_a_trained_model_still_scores(own: Path) -> None:
    model = load(own / "code.model.json", COLUMNS)
    assert (model.table, model.rows, model.sources[0].pack) == ("contract-code", 200, None)


def test_a_bundle_of_evidence_still_holds(own: Path) -> None:
    content = (own / "bundle.json").read_bytes()
    assert refused(content) == {}
    assert "wrong-digest" in refused(content.replace(b'"score":0.91', b'"score":0.92'))


def test_a_pack_is_still_opened(own: Path) -> None:
    pack = opened((own / "carols.pack").read_bytes(), "carols")
    assert (pack.head.name, pack.head.version, pack.head.kind) == ("carols", 1, "list")
