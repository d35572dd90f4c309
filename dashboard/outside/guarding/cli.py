"""The commands `undertow guard …`. Light to import: what a command needs is imported inside it."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated

import typer

from dashboard.filing.store_option import StoreOption, chosen_store
from ingest.commands.observing import LogFormatOption

DEPTH = 12
_Rpc = Annotated[
    str | None, typer.Option("--rpc", metavar="URL", help="A node of the chain that the guard is on.")
]
_KeyFile = Annotated[
    Path | None, typer.Option("--key-file", metavar="FILE", help="A private key, in a file of mode 0600.")
]
_Depth = Annotated[
    int,
    typer.Option("--depth", min=1, max=10_000, help="Blocks after which a transaction counts as settled."),
]
_MaxFee = Annotated[
    int,
    typer.Option(
        "--max-fee", metavar="GWEI", min=1, max=1_000_000, help="What is bid for a unit of gas at most."
    ),
]
_State = Annotated[
    Path | None,
    typer.Option("--state", metavar="DIR", help="Where the journal is kept.  [default: ~/.undertow/guard]"),
]
_Send = Annotated[
    bool, typer.Option("--send", help="Send. Without it this is a dry run: it only says what it would do.")
]


def mount(app: typer.Typer) -> None:
    """Adds the commands to the front door."""
    group = typer.Typer(invoke_without_command=True)
    group.callback()(guard)
    for command in (confirm, score, deploy, drill):
        group.command()(command)
    app.add_typer(group, name="guard")


def guard(
    context: typer.Context,
    policy: Annotated[
        Path | None,
        typer.Option(
            envvar="UNDERTOW_GUARD",
            metavar="FILE",
            help="TOML: which alerts pause which vaults.",
        ),
    ] = None,
    store: StoreOption = None,
    rpc: _Rpc = None,
    key_file: _KeyFile = None,
    send: _Send = False,
    once: Annotated[
        bool, typer.Option("--once", help="End when nothing is planned or under way any more.")
    ] = False,
    depth: _Depth = DEPTH,
    max_fee: _MaxFee = 500,
    state: _State = None,
    log_format: LogFormatOption = "text",
) -> None:
    """Propose to pause a vault that an alert names as victim, or pause it where the policy allows it; and to
    resume, where that alert is retracted. A dry run unless --send is given.
    """
    if context.invoked_subcommand is not None:
        return
    if policy is None:
        raise typer.BadParameter("give --policy, a file that says which alerts pause which vaults")
    if send and (rpc is None or key_file is None):
        raise typer.BadParameter("--send needs --rpc and --key-file: a guardian's key")
    from dashboard.outside.guarding.policy import read_policy
    from ingest.machine.logs import sayer
    from ingest.machine.signals import stop_on_signal
    from ingest.nodes.sending.key_file import SigningKey
    from ingest.nodes.sending.speaking import Speaker

    read, say, url = read_policy(policy), sayer("guard", log_format), chosen_store(store)
    key = None if key_file is None else SigningKey.read(key_file)
    with ExitStack() as opened:
        stop = opened.enter_context(stop_on_signal())
        node = None if rpc is None else opened.enter_context(closing(Speaker(rpc)))
        if not send or key is None or node is None:
            from dashboard.outside.guarding.dry_run import run_dry
            from dashboard.store import open_reader

            reader = opened.enter_context(closing(open_reader(url)))
            run_dry(reader.guard, read, node, None if key is None else key.address, say, stop, once)
            return
        from dashboard.outside.guarding import running
        from dashboard.outside.guarding.wiring import check_policy, sender_on
        from dashboard.store import open_guard

        contract = check_policy(node, read, key.address)
        plans = opened.enter_context(open_guard(url, read.chain))
        sender = opened.enter_context(sender_on(node, key, state, depth, max_fee))
        say(f"guard: {len(read.vaults)} vaults on chain {read.chain} at {contract.address}, as {key.address}")
        running.run(running.Guardian(plans, sender, node, contract, read, say, depth), stop, once)


def confirm(
    proposal: Annotated[
        str | None, typer.Argument(metavar="KEY", help="The key of a proposal; without, those are listed.")
    ] = None,
    contract: Annotated[
        str | None, typer.Option("--contract", metavar="ADDRESS", help="The guard.  [default: the policy's]")
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(envvar="UNDERTOW_GUARD", metavar="FILE", help="The policy, for guard and chain."),
    ] = None,
    rpc: _Rpc = None,
    key_file: _KeyFile = None,
    depth: _Depth = DEPTH,
    max_fee: _MaxFee = 500,
    state: _State = None,
) -> None:
    """List what waits for a second key, or confirm it with a confirmer's, never the one that proposed."""
    import re

    from dashboard.outside.anchoring.wiring import checked_address
    from dashboard.outside.guarding import confirming
    from dashboard.outside.guarding.contracts import GuardContract
    from dashboard.outside.guarding.policy import read_policy
    from dashboard.outside.guarding.wiring import check_chain, sender_on
    from ingest.machine.signals import stop_on_signal
    from ingest.nodes.sending.key_file import SigningKey
    from ingest.nodes.sending.speaking import Speaker

    read = None if policy is None else read_policy(policy)
    named = read.contract if read is not None and contract is None else contract
    if named is None or rpc is None:
        raise typer.BadParameter("give --rpc, and --policy or --contract")
    if proposal is not None and key_file is None:
        raise typer.BadParameter("give --key-file: a confirmer's key")
    if proposal is not None and not re.fullmatch("0x[0-9a-f]{64}", proposal.lower()):
        raise typer.BadParameter(f"{proposal[:80]!a} is no key of a proposal: 0x and 64 hex digits")
    key = None if key_file is None else SigningKey.read(key_file)
    with ExitStack() as opened:
        stop = opened.enter_context(stop_on_signal())
        node = opened.enter_context(closing(Speaker(rpc)))
        if read is not None:
            check_chain(node, read.chain)
        guard = GuardContract(node, checked_address(named, "--contract"))
        if proposal is None or key is None:
            found = confirming.waiting(node, guard)
            for name, each in found:
                typer.echo(f"{name} {each.kind} {each.vault} proposed by {each.by} at {each.at}")
            typer.echo(f"{len(found)} proposals wait for a second key")
            return
        sender = opened.enter_context(sender_on(node, key, state, depth, max_fee))
        confirming.confirm(node, sender, guard, proposal.lower(), typer.echo, stop)


def score(
    vault: Annotated[str, typer.Option(metavar="ADDRESS", help="The vault whose risk is scored.")],
    contract: Annotated[str, typer.Option(metavar="ADDRESS", help="The limit that the score is written to.")],
    rpc: Annotated[str, typer.Option(metavar="URL", help="A node of the chain that the limit is on.")],
    store: StoreOption = None,
    key_file: _KeyFile = None,
    send: _Send = False,
    once: Annotated[bool, typer.Option("--once", help="End when what is due is written.")] = False,
    within: Annotated[
        str, typer.Option(metavar="SPAN", help="Alerts count for so long, in block time: 6h, 2d.")
    ] = "1d",
    depth: _Depth = DEPTH,
    max_fee: _MaxFee = 500,
    state: _State = None,
    log_format: LogFormatOption = "text",
) -> None:
    """Write the risk score of a vault, by which its withdrawal limit goes. A dry run without --send."""
    if send and key_file is None:
        raise typer.BadParameter("--send needs --key-file: the oracle's key")
    from dashboard.outside.anchoring.wiring import checked_address
    from dashboard.outside.guarding import scoring
    from dashboard.outside.guarding.contracts import LimitContract
    from dashboard.outside.guarding.wiring import sender_on
    from dashboard.outside.outbox.routes import span
    from dashboard.store import open_reader
    from ingest.machine.logs import sayer
    from ingest.machine.signals import stop_on_signal
    from ingest.nodes.sending.key_file import SigningKey
    from ingest.nodes.sending.speaking import Speaker

    of, at = checked_address(vault, "--vault"), checked_address(contract, "--contract")
    say, seconds = sayer("guard", log_format), span(within, "--within")
    key = SigningKey.read(key_file) if key_file is not None and send else None
    with ExitStack() as opened:
        stop = opened.enter_context(stop_on_signal())
        node = opened.enter_context(closing(Speaker(rpc)))
        reader = opened.enter_context(closing(open_reader(chosen_store(store))))
        sender = None if key is None else opened.enter_context(sender_on(node, key, state, depth, max_fee))
        oracle = scoring.Oracle(
            reader.guard, node, LimitContract(node, at), node.chain_id(), of, say, sender, seconds
        )
        oracle.check()
        scoring.run(oracle, stop, once)


def deploy(
    vault: Annotated[str, typer.Option(metavar="ADDRESS", help="The vault that it guards.")],
    guardian: Annotated[str, typer.Option(metavar="ADDRESS", help="Who proposes, by `undertow guard`.")],
    confirmer: Annotated[str, typer.Option(metavar="ADDRESS", help="Who confirms: a second key.")],
    rpc: Annotated[str, typer.Option(metavar="URL", help="A node of the vault's chain.")],
    key_file: Annotated[
        Path, typer.Option(metavar="FILE", help="The owner's private key, in a file of mode 0600.")
    ],
    alone: Annotated[bool, typer.Option("--alone", help="A guardian pauses without a second key.")] = False,
    pauses_a_day: Annotated[int, typer.Option(min=1, max=24, help="Pauses in any 24 hours at most.")] = 2,
    pause_for: Annotated[str, typer.Option(metavar="SPAN", help="A pause ends by itself after that.")] = "6h",
    confirm_within: Annotated[
        str, typer.Option(metavar="SPAN", help="A proposal can be confirmed for so long.")
    ] = "1h",
    resume_after: Annotated[
        str, typer.Option(metavar="SPAN", help="To resume is confirmed not before that.")
    ] = "5m",
    for_days: Annotated[int, typer.Option(min=1, max=3650, help="Days after which the guard expires.")] = 365,
    time_lock: Annotated[
        str, typer.Option(metavar="SPAN", help="What gives the guard more power waits for so long.")
    ] = "2d",
    depth: _Depth = DEPTH,
    max_fee: _MaxFee = 500,
    state: _State = None,
) -> None:
    """Make the guard of a vault, owned by the key: roles, time lock, caps, expiry, two-person rule."""
    from dashboard.outside.anchoring.wiring import checked_address
    from dashboard.outside.guarding.contracts import Bounds, guard_deployment
    from dashboard.outside.guarding.deploying import deployed
    from dashboard.outside.guarding.wiring import sender_on
    from dashboard.outside.outbox.routes import span
    from ingest.machine.signals import stop_on_signal
    from ingest.nodes.sending.key_file import SigningKey
    from ingest.nodes.sending.speaking import Speaker

    key = SigningKey.read(key_file)
    proposer = checked_address(guardian, "--guardian")
    second = checked_address(confirmer, "--confirmer")
    if proposer == second:
        raise typer.BadParameter("--guardian and --confirmer are the same: two persons are wanted")
    guarded = checked_address(vault, "--vault")
    with ExitStack() as opened:
        stop = opened.enter_context(stop_on_signal())
        node = opened.enter_context(closing(Speaker(rpc)))
        sender = opened.enter_context(sender_on(node, key, state, depth, max_fee))
        bounds = Bounds(
            pauses_a_day, span(pause_for, "--pause-for"), span(confirm_within, "--confirm-within"),
            span(resume_after, "--resume-after"), node.block_time() + 86_400 * for_days, alone,
        )  # fmt: skip
        data = guard_deployment(span(time_lock, "--time-lock"), bounds, proposer, second, guarded)
        made = deployed(sender, f"the guard of {guarded}", data, typer.echo, stop)
        if made is not None:
            typer.echo(f"guard: {made} guards {guarded} on chain {sender.chain_id}: put it into the policy")


def drill(
    strikes: Annotated[
        int, typer.Option(min=1, max=40, help="Into how many strikes the thief divides the theft.")
    ] = 10,
    confirm_after: Annotated[
        int, typer.Option(min=0, max=40, help="Blocks that the second key takes to confirm.")
    ] = 3,
    depth: Annotated[int, typer.Option(min=2, max=20, help="Blocks of the reorganisation.")] = 4,
) -> None:
    """Rob a vault on a private chain with and without a guard, raise a false alarm; say what each cost."""
    from dashboard.outside.guarding.drill.course import run_all
    from dashboard.outside.guarding.drill.table import text

    typer.echo(text(run_all(strikes, confirm_after, depth)))
