"""A key is read from a file of its owner alone, and shows up nowhere else."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from ingest.model.errors import BadInput
from ingest.nodes.sending.key_file import SigningKey
from tests.fixtures.second_chain import key_file


def test_a_key_is_read_and_its_address_is_known(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("0x" + "00" * 31 + "01\n")
    path.chmod(0o600)
    # The address of the private key 1, as every table of test keys has it.
    assert SigningKey.read(path).address == "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o700, 0o777])
def test_a_file_that_others_may_use_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path)
    path.chmod(mode)
    with pytest.raises(BadInput, match="chmod 600"):
        SigningKey.read(path)


@pytest.mark.parametrize(
    "held", ["", "00" * 32, "ff" * 32, "ab" * 31, "ab" * 33, "zz" * 32, "ab " * 32, "\udcff" * 64]
)
def test_what_is_no_key_is_refused_without_being_shown(tmp_path: Path, held: str) -> None:
    path = tmp_path / "key"
    path.write_bytes(held.encode(errors="surrogateescape"))
    path.chmod(0o600)
    with pytest.raises(BadInput, match="holds no private key") as told:
        SigningKey.read(path)
    assert not held or held not in str(told.value)


def test_a_link_a_folder_and_nothing_at_all_are_refused(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(key_file(tmp_path))
    for path in (link, tmp_path, tmp_path / "nothing"):
        with pytest.raises(BadInput, match="key file"):
            SigningKey.read(path)


def test_a_key_is_in_no_representation_and_in_no_pickle(tmp_path: Path) -> None:
    path = key_file(tmp_path)
    key = SigningKey.read(path)
    assert path.read_text().strip() not in f"{key!r} {key}"
    with pytest.raises(TypeError, match="not to be copied"):
        pickle.dumps(key)
