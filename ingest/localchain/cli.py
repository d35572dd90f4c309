"""The commands `undertow chain` and `undertow simulate`. Imports of weight are inside them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def mount(app: typer.Typer) -> None:
    """Adds the commands of the local chain to `app`."""
    app.command()(chain)
    app.command()(simulate)


def chain(
    port: Annotated[
        int, typer.Option(help="Port of the fork, on 127.0.0.1.", envvar="UNDERTOW_CHAIN_PORT")
    ] = 8545,
    fork_url: Annotated[
        str | None,
        typer.Option(help="Fork this node instead of our own origin chain.", envvar="UNDERTOW_FORK_URL"),
    ] = None,
    origin_port: Annotated[
        int | None, typer.Option(help="Port of the origin chain; a free one by default.")
    ] = None,
    chain_id: Annotated[int, typer.Option(help="Chain id of the fork.", envvar="UNDERTOW_CHAIN_ID")] = 31_337,
    states: Annotated[
        int,
        typer.Option(min=1, help="Blocks whose state is remembered: 3 to 40 MB of memory each, by traffic."),
    ] = 512,
    transactions_kept: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="BLOCKS",
            help="Blocks whose transactions are kept, so that the node's state stays small for `ingest "
            "--mempool`; older ones read as empty, and prove nothing.  [default: all]",
        ),
    ] = None,
) -> None:
    """Run a local EVM chain: an origin with WETH, Uniswap V2 and tokens, and a fork of it to play on.

    Stays until Ctrl-C or SIGTERM, then ends both nodes. Play on it with `undertow simulate`.
    """
    from ingest.localchain.chain.chain import local_chain
    from ingest.localchain.play.deploying import ensure_world
    from ingest.machine.signals import stop_on_signal

    with (
        stop_on_signal() as stop,
        local_chain(
            ensure_world,
            port,
            origin_port,
            fork_url,
            chain_id,
            report=_say,
            states=states,
            transactions=transactions_kept,
        ) as nodes,  # fmt: skip
    ):
        nodes.watch(stop)


def simulate(
    rpc: Annotated[
        str, typer.Option(help="The anvil to play on, see `undertow chain`.", envvar="UNDERTOW_RPC")
    ],
    labels: Annotated[
        Path, typer.Option(help="Where the truth about what was played is written (JSON lines).")
    ],
    seed: Annotated[int, typer.Option(help="The same seed on the same chain gives the same blocks.")] = 7,
    blocks: Annotated[
        int | None, typer.Option(min=1, help="End after so many blocks; else on Ctrl-C.")
    ] = None,
    attacks_per_category: Annotated[
        int,
        typer.Option(
            min=0,
            help="Attacks of each category, and hard negatives: in all with --blocks, else in 200 blocks.",
        ),
    ] = 2,
    block_time: Annotated[
        float | None,
        typer.Option(min=0, help="Seconds from block to block; 0 = no waiting. Default: 1, with --blocks 0."),
    ] = None,
    transactions_per_block: Annotated[int, typer.Option(min=8, help="About how many honest ones.")] = 20,
    categories: Annotated[
        str | None, typer.Option(help="Only stories of these categories, by commas. Default: all.")
    ] = None,
    facts: Annotated[
        Path | None,
        typer.Option(help="Folder for lists that belong to the world: who is under sanctions."),
    ] = None,
    canary: Annotated[
        int | None,
        typer.Option(
            min=10,
            metavar="BLOCKS",
            help="Every so many blocks a harmless attack on wallets of its own, with a label `canary`.",
        ),
    ] = None,
    wait_in_pool: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="Transactions wait for 1 to 3 blocks in the node's pool, where `ingest --mempool` sees "
            "them; this share goes round it.  [default: nothing waits]",
        ),
    ] = None,
    reorg: Annotated[
        list[str] | None,
        typer.Option(
            metavar="BLOCKS:DEPTH", help="After BLOCKS played, replace the newest DEPTH. May be repeated."
        ),
    ] = None,
) -> None:
    """Play honest people and labelled attackers on a local chain.

    Mines the blocks itself, 12 seconds of block time apart. Labels go to a file, never onto the chain.
    """
    from ingest.localchain.play.simulation import Script
    from ingest.localchain.play.simulation import simulate as play
    from ingest.machine.signals import stop_on_signal

    pace = block_time if block_time is not None else float(blocks is None)
    script = Script(
        seed, blocks, attacks_per_category, transactions_per_block, pace, _reorgs(reorg or []),
        _categories(categories), facts, canary, wait_in_pool,
    )  # fmt: skip
    _say(f"simulation  seed {seed}, labels to {labels}")
    with stop_on_signal() as stop:
        _say(f"simulation  {play(rpc, labels, script, stop, _say)}")


def _categories(text: str | None) -> frozenset[str] | None:
    """Categories by commas. Raises a usage error where nobody plays one of them."""
    from ingest.localchain.play.stories import repertoires

    if text is None:
        return None
    wanted, known = {name.strip() for name in text.split(",")}, {one.category for one in repertoires()}
    if strange := sorted(wanted - known):
        raise typer.BadParameter(
            f"{strange[0]!r} is none of {', '.join(sorted(known))}", param_hint="--categories"
        )
    return frozenset(wanted)


def _reorgs(texts: list[str]) -> dict[int, int]:
    """`BLOCKS:DEPTH` as numbers. Raises a usage error where a text is not that."""
    pairs = [text.split(":") for text in texts]
    if not all(len(pair) == 2 and all(part.isdecimal() for part in pair) for pair in pairs):
        raise typer.BadParameter("must be BLOCKS:DEPTH, such as 100:3", param_hint="--reorg")
    return {int(blocks): int(depth) for blocks, depth in pairs}


def _say(line: str) -> None:
    print(line, flush=True)
