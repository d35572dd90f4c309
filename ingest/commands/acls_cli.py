"""The command `kafka-acls`: what each role needs to be allowed in Kafka, printed or given."""

from __future__ import annotations

from typing import Annotated

import typer

from ingest.commands.kafka_access import KafkaConfig, KafkaPlaintext, choose_access
from ingest.model.kafka_role import Role


def mount(app: typer.Typer) -> None:
    """Adds the command to the front door."""
    app.command("kafka-acls")(kafka_acls)


def kafka_acls(
    role: Annotated[
        Role,
        typer.Option(
            help="Whose rights; new-chain is ingest at a chain's first start, doctor asks as status does."
        ),
    ],
    user: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The user that the role speaks as.  [default: the role's name]"),
    ] = None,
    kafka: Annotated[
        str, typer.Option(envvar="UNDERTOW_KAFKA", metavar="HOST:PORT", help="The broker that is told.")
    ] = "127.0.0.1:9092",
    chain_id: Annotated[
        int | None,
        typer.Option(
            "--chain-id", min=0, help="Groups and transactional ids of this chain only.  [default: of all]"
        ),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Give the rights instead of printing lines for kafka-acls.sh.")
    ] = False,
    kafka_config: KafkaConfig = None,
    kafka_plaintext: KafkaPlaintext = False,
) -> None:
    """Print, as lines for Kafka's own kafka-acls.sh, the smallest set of rights that a role works with."""
    from ingest.kafka import Cluster
    from ingest.kafka.rights import acl_lines

    principal = f"User:{user or role}"
    if not apply:
        for line in acl_lines(kafka, principal, role, chain_id):
            typer.echo(line)
        return
    choose_access(kafka_config, kafka_plaintext)
    given = Cluster(kafka).allow(principal, role, chain_id)
    typer.echo(f"{principal} has the {given} rights of {role} in the Kafka at {kafka}")
