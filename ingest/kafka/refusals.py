"""Why a broker that is there does not speak with us. The library does not say: it tries again until its time
is up, and drops an answer that comes together with the end of the connection, as each refusal does.
"""

from __future__ import annotations

import socket
import ssl
from typing import Any

from kafka import errors as kafka_errors
from kafka.net.sasl.scram import ScramClient
from kafka.protocol.metadata import MetadataRequest
from kafka.protocol.parser import KafkaProtocol
from kafka.protocol.sasl import SaslAuthenticateRequest, SaslHandshakeRequest

from ingest.kafka.access import Access

_ANSWER_S = 1.5
"""How long a broker has for each question here: that it is silent is known already."""
_CERTIFICATE = {
    9: "shows a certificate that is not valid yet",
    10: "shows a certificate that has expired",
    62: "shows a certificate of another host name",
    64: "shows a certificate of another address",
}
"""By OpenSSL's verify code (X509_V_ERR_…)."""
_NOT_OURS = "shows a certificate that `ca_file` does not vouch for"
_NO_TLS = "does not speak TLS at this port: give another port, or another `security`"
_ONLY_TLS = "speaks TLS at this port, and was spoken to in plain text: give --kafka-config with `security`"
_NO_SASL = "knows no SASL at this port: give another port, or another `security`"
_WANTS_SASL = "ends a connection that does not say who it is: it wants SASL, so give another `security`"
_UNSUPPORTED_MECHANISM, _ILLEGAL_STATE = 33, 34
"""Kafka's error codes."""


def refusal(bootstrap: str, access: Access) -> str | None:
    """What the first of these brokers that is there has against this connection; None where it has nothing,
    or none is there.
    """
    for address in bootstrap.split(","):
        host, _, port = address.rpartition(":")
        try:
            found = _of((host.strip("[]"), int(port)), access)
        except OSError:
            continue  # nobody is there, or nobody says anything
        if found is not None:
            return f"the Kafka at {address} {found}"
    return None


def _of(place: tuple[str, int], access: Access) -> str | None:
    if access.tls is None:
        if _speaks_tls(place):
            return _ONLY_TLS
        with socket.create_connection(place, _ANSWER_S) as opened:
            return _asked(opened, access)
    with socket.create_connection(place, _ANSWER_S) as opened:
        try:
            wrapped = access.tls.wrap_socket(opened, server_hostname=place[0])
        except ssl.SSLCertVerificationError as error:
            return f"{_CERTIFICATE.get(error.verify_code, _NOT_OURS)} ({error.verify_message.rstrip('.')})"
        except ssl.SSLError as error:
            return _wanted_certificate(error) or _NO_TLS
        except ConnectionError:
            return _NO_TLS
        with wrapped:
            try:
                return _asked(wrapped, access)
            except ssl.SSLError as error:
                return _wanted_certificate(error)


def _speaks_tls(place: tuple[str, int]) -> bool:
    anything = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anything.check_hostname, anything.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(place, _ANSWER_S) as opened:
        try:
            anything.wrap_socket(opened).close()
        except (ssl.SSLError, ConnectionError):
            return False
    return True


def _wanted_certificate(error: ssl.SSLError) -> str | None:
    """A broker says only after the handshake that it wants to know who asks."""
    alert = (error.reason or "").lower().replace("_", " ")
    if "alert" not in alert:
        return None
    wanted = "certificate" in alert or alert.endswith(" ca")
    return f"{'wants a `certificate_file`, or another one' if wanted else 'ends TLS'} ({alert})"


def _asked(opened: socket.socket, access: Access) -> str | None:
    """What is answered to a greeting, and to a question that takes no right."""
    talk = _Talk(opened)
    if access.mechanism is not None and (found := _greeted(talk, access)) is not None:
        return found
    try:
        talk.ask(MetadataRequest(topics=[]), 9)
    except ConnectionError:
        return None if access.mechanism is not None else _WANTS_SASL
    return None


def _greeted(talk: _Talk, access: Access) -> str | None:
    answer = talk.ask(SaslHandshakeRequest(mechanism=access.mechanism), 1)
    if answer.error_code == _UNSUPPORTED_MECHANISM:
        offered = ", ".join(sorted(map(str, answer.mechanisms))) or "none"
        return f"does not offer {access.mechanism} (but {offered}): give another `mechanism`"
    if answer.error_code == _ILLEGAL_STATE:
        return _NO_SASL
    scram = ScramClient(access.username, access.password, access.mechanism)
    steps = (
        (scram.first_message, scram.process_server_first_message),
        (scram.final_message, scram.process_server_final_message),
    )
    for message, heard in steps:
        answer = talk.ask(SaslAuthenticateRequest(message()), 1)
        if answer.error_code:
            return (
                f"does not take user {access.username} with this password and {access.mechanism}: compare "
                "`username`, `password` and `mechanism` with what was added there"
            )
        try:
            heard(answer.auth_bytes)
        except ValueError:
            return f"does not know the password of {access.username} itself: it is not who it says it is"
    return None


class _Talk:
    """Questions and answers in turn. Raises OSError where none comes."""

    def __init__(self, opened: socket.socket) -> None:
        self._opened = opened
        self._protocol = KafkaProtocol(client_id="undertow")

    def ask(self, request: Any, version: int) -> Any:
        request.API_VERSION = version
        self._protocol.send_request(request)
        self._opened.sendall(self._protocol.send_bytes())
        while True:
            heard = self._opened.recv(65_536)
            if not heard:
                raise ConnectionResetError("the broker ended the connection")
            try:
                answers = self._protocol.receive_bytes(heard)
            except kafka_errors.KafkaProtocolError as error:
                raise ConnectionAbortedError("what was answered is not Kafka's") from error
            if answers:
                return answers[0][1]
