"""The commands `undertow anchor …`. Light to import: what a command needs is imported inside it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.filing.store_option import StoreOption, chosen_store
from detectors.alerts.alert import DEFAULT_FINALITY
from ingest.commands.observing import LogFormatOption, MetricsPort, Standby

if TYPE_CHECKING:
    from detectors.base import Detector
    from detectors.engine.settings import EngineSettings

STRETCH = 50
"""Blocks of a stretch where nothing else is said."""
DEPTH = 12
_Chain = Annotated[
    int | None,
    typer.Option(
        "--chain-id", envvar="UNDERTOW_CHAIN_ID", min=0, help="The watched chain, where there are several."
    ),
]
_Contract = Annotated[
    str | None,
    typer.Option("--contract", envvar="UNDERTOW_ANCHOR", metavar="ADDRESS", help="The contract."),
]


def mount(app: typer.Typer) -> None:
    """Adds the commands to the front door."""
    group = typer.Typer(invoke_without_command=True)
    group.callback()(anchor)
    group.command()(prove)
    group.command()(check)
    group.command()(model)
    app.add_typer(group, name="anchor")


def anchor(
    context: typer.Context,
    store: StoreOption = None,
    rpc: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A node of the chain to anchor on, not of the watched one."),
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The private key that pays, in a file of mode 0600.")
    ] = None,
    contract: Annotated[
        str | None,
        typer.Option(
            envvar="UNDERTOW_ANCHOR",
            metavar="ADDRESS",
            help="The contract to anchor in.  [default: the one of the store, else a new one is made]",
        ),
    ] = None,
    chain_id: _Chain = None,
    from_block: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="A new contract begins with the stretch of this block.  [default: of what is final now; "
            "dry, the lake's first]",
        ),
    ] = None,
    blocks: Annotated[int, typer.Option(min=1, help="Blocks of a stretch, a multiple of 50.")] = STRETCH,
    depth: Annotated[
        int, typer.Option(min=1, max=10_000, help="Blocks after which a transaction counts as settled.")
    ] = DEPTH,
    max_fee: Annotated[
        int, typer.Option(metavar="GWEI", min=1, max=1_000_000, help="What is bid for a unit of gas at most.")
    ] = 500,
    state: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the journal is kept.  [default: ~/.undertow/anchor]"),
    ] = None,
    same_chain: Annotated[
        bool,
        typer.Option(
            "--same-chain", help="Anchor on the watched chain itself, where it is ordinary traffic."
        ),
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="End once all that is final is settled.")] = False,
    lake: Annotated[
        Path | None, typer.Option(metavar="DIR", help="With --dry-run: the lake to work the roots out from.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say the roots of a lake; send nothing, read no store.")
    ] = False,
    finality: Annotated[
        int,
        typer.Option(
            envvar="UNDERTOW_FINALITY",
            min=1,
            max=2**31 - 1,
            help="Dry: blocks on top of a block before it is final.",
        ),
    ] = DEFAULT_FINALITY,
    native_symbol: Annotated[
        str | None,
        typer.Option(
            "--native-symbol",
            envvar="UNDERTOW_NATIVE_SYMBOL",
            metavar="SYMBOL",
            help="Dry: as `detect` had it.",
        ),
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option("--models", envvar="UNDERTOW_MODELS", metavar="DIR", help="Dry: as `detect` had it."),
    ] = None,
    chosen: Annotated[
        Path | None,
        typer.Option(
            "--settings", envvar="UNDERTOW_SETTINGS", metavar="FILE", help="Dry: as `detect` had it."
        ),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option("--rules", envvar="UNDERTOW_RULES", metavar="DIR", help="Dry: as `detect` had it."),
    ] = None,
    standby: Standby = None,
    metrics: MetricsPort = None,
    log_format: LogFormatOption = "text",
) -> None:
    """Anchor what was said on another chain: a Merkle root a stretch of blocks, until Ctrl-C or SIGTERM."""
    if context.invoked_subcommand is not None:
        return
    from dashboard.outside.anchoring.stretches import checked_size

    checked_size(blocks)
    if dry_run or lake is not None:
        if not (dry_run and lake is not None) or rpc is not None or key_file is not None:
            raise typer.BadParameter("give --lake and --dry-run together, without --rpc and --key-file")
        from detectors.engine.chosen import judges
        from detectors.engine.settings import EngineSettings

        settings = EngineSettings(finality=finality, native_symbol=native_symbol)
        _dry(lake, chain_id, from_block, blocks, settings, judges(models, chosen, rules))
        return
    if rpc is None or key_file is None:
        raise typer.BadParameter("give --rpc and --key-file, or --lake and --dry-run")
    from dashboard.filing.metrics import StoreMetrics
    from dashboard.filing.standing_by import Check, in_store_turns
    from dashboard.outside.anchoring.planning import Plan
    from dashboard.outside.anchoring.running import Daemon
    from dashboard.outside.anchoring.wiring import contract_of, sender_on, watched_chain
    from dashboard.store import Turn, alone, bring_up_to_date, open_anchors, open_reader
    from ingest.machine.logs import sayer
    from ingest.machine.metrics import metrics as answering
    from ingest.machine.signals import stop_on_signal
    from ingest.nodes.sending.key_file import SigningKey
    from ingest.nodes.sending.speaking import Speaker

    key, url, say = SigningKey.read(key_file), chosen_store(store), sayer("anchor", log_format)
    with ExitStack() as opened:
        stop = opened.enter_context(stop_on_signal())
        bring_up_to_date(url)
        reader = opened.enter_context(closing(open_reader(url)))
        watched = watched_chain(reader, chain_id)
        node = opened.enter_context(closing(Speaker(rpc)))
        counted = opened.enter_context(closing(StoreMetrics(lambda: open_reader(url))))
        opened.enter_context(answering(metrics, counted))
        if standby is None:
            opened.enter_context(alone(url, "anchor", watched))

        def work(turn: Turn, check: Check) -> None:
            sending = sender_on(node, key, state, watched, same_chain, depth, max_fee)
            with open_anchors(url, watched, turn) as anchors, sending as sender:
                address = contract_of(reader, watched, sender.chain_id, contract)
                plan = Plan(watched, blocks, from_block)
                say(f"anchor: chain {watched} on chain {sender.chain_id}, paid by {key.address}")
                Daemon(anchors, sender, node, plan, address, say, check=check).run(stop, once)

        in_store_turns(url, f"anchor of chain {watched}", standby, stop, say, work)


def _dry(
    lake: Path,
    chain_id: int | None,
    begin: int | None,
    blocks: int,
    settings: EngineSettings,
    judges: Sequence[Detector],
) -> None:
    from dashboard.outside.anchoring.dry_run import DryRun

    run = DryRun(lake, chain_id, settings, blocks, judges)
    for each in run.stretches(begin):
        typer.echo(f"{each.first} {each.last} {each.leaves} {each.root} {each.run}")


def prove(
    alert: Annotated[str, typer.Argument(help="The id of an alert.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the proof is written.")],
    store: StoreOption = None,
    chain_id: _Chain = None,
    block: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="What the stretch with this block says of it, or that it says nothing.  "
            "[default: the last stretch that says something]",
        ),
    ] = None,
) -> None:
    """Write the proof that a stretch says something of an alert, or nothing."""
    from dashboard.filing.export import write_whole
    from dashboard.outside.anchoring import proving
    from dashboard.outside.anchoring.wiring import watched_chain
    from dashboard.store import open_reader

    with closing(open_reader(chosen_store(store))) as reader:
        proof = proving.prove(reader, watched_chain(reader, chain_id), alert, block)
    write_whole(out, proving.written(proof))
    stretch = proof["stretch"]
    typer.echo(
        f"alert {alert} is {proof['says']} in blocks {stretch['first']} to {stretch['last']}: "
        f"the proof is in {out}"
    )


def model(
    file: Annotated[Path, typer.Argument(help="A model, as `undertow train` writes it.")],
    store: StoreOption = None,
) -> None:
    """Note the digests of a model, of its training rows and of its label packs in the audit, whose head is
    anchored with the next stretch.
    """
    from dashboard.outside.anchoring.trained import noted

    typer.echo(noted(file, chosen_store(store)))


def check(
    proof: Annotated[Path, typer.Argument(help="A proof, as `undertow anchor prove` writes it.")],
    rpc: Annotated[
        str | None, typer.Option(metavar="URL", help="A node of the chain that it is anchored on.")
    ] = None,
    contract: _Contract = None,
    owner: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Who must own the contract.")] = None,
) -> None:
    """Check a proof, and with --rpc and --contract that its root is anchored. It needs no store."""
    from dashboard.outside.anchoring import proving
    from dashboard.outside.anchoring.contract import AnchorContract
    from dashboard.outside.anchoring.wiring import checked_address
    from ingest.nodes.sending.speaking import Speaker

    if (rpc is None) != (contract is None):
        raise typer.BadParameter(
            "give --rpc and --contract together: a proof cannot say itself where to look"
        )
    read = proving.read(proof)
    shows = proving.check(read)
    if rpc is None or contract is None:
        typer.echo(f"{shows}: not known to be anchored, since no --rpc and --contract were given")
        return
    with closing(Speaker(rpc)) as node:
        address = checked_address(contract, "--contract")
        named = None if owner is None else checked_address(owner, "--owner")
        proving.check_anchored(read, AnchorContract(node, address), named)
        typer.echo(f"{shows}: anchored in {address} on chain {node.chain_id()}")
