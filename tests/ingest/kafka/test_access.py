"""What a file of access may say, and that no secret in it is shown by anybody."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from kafka.errors import TopicAuthorizationFailedError

from ingest.kafka import Access, Cluster, read_access
from ingest.kafka.access import PLAIN, check_plain_text
from ingest.kafka.connection import connection, reaching
from ingest.machine.processes import free_port
from ingest.model.errors import BadInput, BrokerRefused, BrokerUnreachable
from tests.fixtures.certificates import Authority

PASSWORD = "alice-never-tells"
SCRAM = 'security = "SASL_PLAINTEXT"\nmechanism = "SCRAM-SHA-512"\nusername = "alice"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\n")
    secret.chmod(0o600)
    return tmp_path / "kafka.toml"


def refused(file: Path, text: str) -> str:
    file.write_text(text)
    with pytest.raises(BadInput) as caught:
        read_access(file)
    assert PASSWORD not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_password_comes_from_a_file_beside_it_or_from_the_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(SCRAM + 'password = "file:password"\n')
    assert read_access(file).client_settings() == {
        "security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "alice", "sasl_plain_password": PASSWORD,
    }  # fmt: skip
    monkeypatch.setenv("ALICE_PASSWORD", "another")
    file.write_text(SCRAM + 'password = "env:ALICE_PASSWORD"\n')
    assert read_access(file).client_settings()["sasl_plain_password"] == "another"


def test_a_password_that_changes_is_read_with_the_next_connection(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(SCRAM + 'password = "file:password"\n')
    monkeypatch.setenv("UNDERTOW_KAFKA_CONFIG", str(file))
    assert connection("127.0.0.1:9092")["sasl_plain_password"] == PASSWORD
    (file.parent / "password").write_text("a new one\n")
    assert connection("127.0.0.1:9092")["sasl_plain_password"] == "a new one"


def test_no_representation_no_log_and_no_error_shows_the_password(
    file: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    file.write_text(SCRAM + 'password = "file:password"\n')
    access = read_access(file)
    assert PASSWORD not in f"{access} {access!r} {access.client_settings()} {access.password}"
    with caplog.at_level(logging.DEBUG), pytest.raises(BrokerUnreachable) as caught:
        Cluster(f"127.0.0.1:{free_port()}", access).check(deadline_s=0.3)
    assert "sasl_plain_password" in caplog.text
    assert PASSWORD not in caplog.text + str(caught.value) + "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("", "says nothing of `security`"),
        ('security = "TLS"', "`security` is none of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"),
        ('security = "SSL"\nusername = "alice"', "`username` has no meaning with `security` SSL"),
        ('security = "SSL"\ncafile = "a"', "`cafile` is no setting: those are ca_file, "),
        (SCRAM, "SASL_PLAINTEXT needs `password`, which is not there"),
        (SCRAM + f'password = "{PASSWORD}"', "`password` is a secret: write env:NAME or file:PATH"),
        (SCRAM + 'password = "env:NOBODY_SET_IT"', "the environment's NOBODY_SET_IT holds no secret"),
        (SCRAM + 'password = "file:missing"', "file of `password` .*missing cannot be read"),
        (SCRAM.replace("alice", "a,b") + 'password = "file:password"', "has a comma or an equals sign"),
        (SCRAM.replace("SHA-512", "MD5"), "`mechanism` is none of SCRAM-SHA-256, SCRAM-SHA-512"),
        ('security = "SSL"\ncheck_hostname = "no"', "`check_hostname` is neither true nor false"),
        ('security = "SSL"\nca_file = "missing.pem"', "`ca_file` cannot be used: No such file"),
        ('security = "SSL"\nca_file = "password"', "`ca_file` cannot be used: it is no PEM"),
        ('security = "SSL"\nkey_file = "a"', "`certificate_file` and `key_file` belong together"),
        (f"password = {PASSWORD}", "is no TOML"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_line_that_says_where(file: Path, told: str, why: str) -> None:
    said = refused(file, told)
    assert str(file) in said or "file of `password`" in said
    assert re.search(why, said), said


def test_a_password_that_others_may_read_is_refused(file: Path) -> None:
    (file.parent / "password").chmod(0o640)
    assert "others may use the file of `password`" in refused(file, SCRAM + 'password = "file:password"')


def test_a_key_that_others_may_read_is_refused(file: Path, tmp_path: Path) -> None:
    certificate, key = Authority.made(tmp_path, "authority").vouches(tmp_path, "alice", "alice")
    text = f'security = "SSL"\ncertificate_file = "{certificate}"\nkey_file = "{key}"'
    file.write_text(text)
    assert read_access(file).has_certificate
    key.chmod(0o604)
    assert "others may use the file of `key_file`" in refused(file, text)


def test_a_key_of_somebody_else_is_refused(file: Path, tmp_path: Path) -> None:
    signs = Authority.made(tmp_path, "authority")
    (certificate, _), (_, other) = (signs.vouches(tmp_path, name, "alice") for name in ("one", "two"))
    certificate.write_text(certificate.read_text().partition("-----END PRIVATE KEY-----\n")[2])
    text = f'security = "SSL"\ncertificate_file = "{certificate}"\nkey_file = "{other}"'
    assert "`certificate_file` cannot be used" in refused(file, text)


def test_plain_text_stays_on_this_machine_unless_it_is_said_that_it_may_leave(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for here in ("127.0.0.1:1", "localhost:1", "[::1]:1", "127.0.0.2:1,localhost:2"):
        check_plain_text(here, PLAIN)
    file.write_text(SCRAM + 'password = "file:password"\n')
    for away in ("10.0.0.5:9092", "kafka:9092", "127.0.0.1:1,kafka.example:9092", "127.0.0.1.example:1"):
        for access in (PLAIN, read_access(file)):
            with pytest.raises(BadInput, match="is another machine, and nothing says to encrypt") as caught:
                check_plain_text(away, access)
            assert "--kafka-plaintext" in str(caught.value)
            with pytest.raises(BadInput, match="another machine"):
                Cluster(away, access).check()
    monkeypatch.setenv("UNDERTOW_KAFKA_PLAINTEXT", "1")
    check_plain_text("10.0.0.5:9092", PLAIN)


def test_who_is_denied_something_is_named_as_whom_the_connection_spoke() -> None:
    alice = Access(security="SASL_SSL", username="alice")
    denied = pytest.raises(BrokerRefused, match=r"does not give alice a right on topic chain\.blocks")
    with denied, reaching("127.0.0.1:1", alice):
        raise TopicAuthorizationFailedError({"chain.blocks"})


def test_tls_may_leave(file: Path) -> None:
    file.write_text('security = "SSL"\n')
    check_plain_text("kafka.example:9093", read_access(file))
