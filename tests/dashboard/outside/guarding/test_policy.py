"""A policy is read whole, or refused in one line that names the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.outside.guarding.policy import read_policy
from ingest.model.errors import BadInput
from tests.dashboard.alerts import ALICE, BOB, VAULT

WHOLE = f"""
chain = 31337
contract = "{BOB.upper().replace("0X", "0x")}"
vaults = ["{VAULT}"]
categories = ["reentrancy"]
approvers = ["{ALICE}"]
expires = 2030-01-01T00:00:00Z
max_age = "1h"
"""


def read(folder: Path, text: str) -> object:
    path = folder / "guard.toml"
    path.write_text(text)
    return read_policy(path)


def test_it_is_read_with_what_it_does_not_say_on_the_careful_side(tmp_path: Path) -> None:
    (tmp_path / "guard.toml").write_text(WHOLE)
    found = read_policy(tmp_path / "guard.toml")
    assert (found.contract, found.vaults, found.approvers) == (BOB, (VAULT,), (ALICE,))
    assert (found.when, found.act, found.severity, found.pauses_a_day) == ("proven", "propose", "medium", 1)
    assert (found.max_age, found.expires) == (3_600, 1_893_456_000)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("chain = 31337", "", "chain"),
        ("chain = 31337", "chain = -1", "`chain`"),
        ("chain = 31337", "colour = 3\nchain = 31337", "colour"),
        (f'["{VAULT}"]', "[]", "`vaults`"),
        (f'["{VAULT}"]', '["0x12"]', "`vaults`: '0x12' is no address"),
        (f'["{ALICE}"]', '["ann"]', "`approvers`: 'ann' is no address"),
        ('["reentrancy"]', '["murder"]', "no detector says 'murder'"),
        ('["reentrancy"]', "[]", "`categories`"),
        ("Z", "", "no time zone"),
        ("2030-01-01T00:00:00Z", '"soon"', "expires"),
        ('"1h"', '"1 hour"', "guard.toml: `max_age`: '1 hour' is no span of time"),
        ("max_age", 'act = "shoot"\nmax_age', "`act`: no 'shoot': choose propose, pause"),
        ("max_age", 'when = "maybe"\nmax_age', "`when`"),
        ("max_age", 'severity = "grave"\nmax_age', "`severity`"),
        ("max_age", "pauses_a_day = 25\nmax_age", "`pauses_a_day` is from 1 to 24"),
        ("chain = 31337", "chain =", "is no TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, old: str, new: str, why: str) -> None:
    assert old in WHOLE
    with pytest.raises(BadInput) as refused:
        read(tmp_path, WHOLE.replace(old, new))
    said = str(refused.value)
    assert "guard.toml" in said and why in said and "\n" not in said, said


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_policy(tmp_path / "nowhere.toml")
