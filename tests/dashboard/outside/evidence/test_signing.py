"""The key of an instance: made once, for its owner alone, and what others may read of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dashboard.outside.evidence.signing import Signer, is_signed
from ingest.model.errors import BadInput


def test_the_first_use_makes_a_key_that_only_its_owner_reads_and_later_ones_take_it(tmp_path: Path) -> None:
    path = tmp_path / "home" / "evidence.key"
    first, again = Signer(path), Signer(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert first.public == again.public
    assert first.sign({"/a": "b"}) == again.sign({"/a": "b"})


def test_a_signature_is_of_its_digests_and_of_its_key_only(tmp_path: Path) -> None:
    ours, other = Signer(tmp_path / "ours"), Signer(tmp_path / "other")
    value = ours.sign({"/a": "b"})

    assert is_signed(ours.public, {"/a": "b"}, value)
    assert not is_signed(ours.public, {"/a": "c"}, value)
    assert not is_signed(other.public, {"/a": "b"}, value)
    assert not is_signed("zz", {"/a": "b"}, value)
    assert not is_signed(ours.public, {"/a": "b"}, "00")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    Signer(tmp_path / "key")
    (tmp_path / "key").chmod(mode)

    with pytest.raises(BadInput, match=r"others can reach the key .*: chmod 600 "):
        Signer(tmp_path / "key")


def test_what_is_no_key_of_ours_is_refused_and_stays(tmp_path: Path) -> None:
    for name, content, why in (
        ("text", b"hello", "holds no private key in PEM"),
        ("empty", b"", "holds no private key in PEM"),
        ("rsa", generate_private_key(65537, 2048).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), "is not of Ed25519"),
    ):  # fmt: skip
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(BadInput, match=why):
            Signer(path)
        assert path.read_bytes() == content


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(BadInput, match=r"the key .* cannot be written: .*; give another --key-file"):
        Signer(tmp_path / "file" / "key")


def test_openssl_reads_the_key(tmp_path: Path) -> None:
    """Its form is PKCS #8 in PEM, as everybody's."""
    signer = Signer(tmp_path / "key")
    told = subprocess.run(
        ["openssl", "pkey", "-in", tmp_path / "key", "-pubout", "-outform", "DER"], capture_output=True
    )

    assert told.returncode == 0, told.stderr
    assert told.stdout[-32:].hex() == signer.public
