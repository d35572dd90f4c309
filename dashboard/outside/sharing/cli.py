"""The commands `undertow share …`. Light to import: what a command needs is imported inside it."""

from __future__ import annotations

import sys
from contextlib import closing
from decimal import Decimal, InvalidOperation
from math import exp
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.filing.store_option import AuditOption, StoreOption, chosen_store

if TYPE_CHECKING:
    from dashboard.outside.sharing.measuring import Attack, Gain

_Feature = Annotated[
    list[str] | None,
    typer.Option("--feature", metavar="NAME", help="Only this one; may be repeated.  [default: all ten]"),
]
_Mark = Annotated[
    Path | None,
    typer.Option(
        "--mark",
        metavar="FILE",
        help="What is spent, noted outside of the store; let no backup hold both.  [default: "
        "~/.local/state/undertow/epsilon.json]",
    ),
]
_Rate = Annotated[
    float, typer.Option(min=0.00001, max=0.5, help="The share of wallets that may stand above a threshold.")
]


def mount(app: typer.Typer) -> None:
    """Adds the commands to the front door."""
    group = typer.Typer(
        help="Noised histograms of wallets' features, to set thresholds by together.", no_args_is_help=True
    )
    group.command()(release)
    group.command()(spent)
    group.command()(thresholds)
    group.command()(measure)
    app.add_typer(group, name="share")


def release(
    lake: Annotated[Path, typer.Option(metavar="DIR", help="The lake whose wallets are counted.")],
    epsilon: Annotated[str, typer.Option(metavar="NUMBER", help="What this release may cost a wallet.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write: a new file.")],
    feature: _Feature = None,
    wallets: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Count these wallets only: an address a line.  [default: all of the lake]"
        ),
    ] = None,
    budget: Annotated[
        str, typer.Option(metavar="NUMBER", help="What all releases of a chain may cost a wallet, for ever.")
    ] = "1",
    mark: _Mark = None,
    store: AuditOption = None,
) -> None:
    """Write noised histograms of features, and spend epsilon for it, which nothing gives back."""
    from dashboard.accounts.own_files import own_state
    from dashboard.filing.export import write_whole
    from dashboard.outside.sharing.mark import Mark, expect_known
    from dashboard.outside.sharing.noise import Noise
    from dashboard.outside.sharing.release import checked_features, released, text_of
    from dashboard.outside.sharing.wallets import wallets_of
    from dashboard.store import open_desk, open_reader, whoever_types
    from dashboard.store.epsilon import Spending, told
    from dashboard.store.epsilon import spent as spent_in
    from ingest.lake.reading import Lake
    from ingest.machine.progress import ProgressLine
    from ingest.model.errors import BadInput

    names, micro, whole = (
        checked_features(feature or []),
        _micro(epsilon, "--epsilon"),
        _micro(budget, "--budget"),
    )
    if out.exists() or not out.absolute().parent.is_dir():
        raise BadInput(f"{out} is there already, or has no folder: give another --out")
    Noise(micro, len(names))
    url, chain, noted = (
        chosen_store(store),
        Lake.open(lake).chain_id(),
        Mark(mark or own_state("epsilon.json")),
    )
    with noted.held(), closing(open_desk(url)) as desk, closing(open_reader(url)) as reader:
        stands = spent_in(reader, chain)
        spending = Spending(chain, micro, whole, expect_known(noted, chain, stands.micro))
        spending.total_after(stands)
        found = wallets_of(lake, ProgressLine(sys.stderr).show)
        if wallets is not None:
            found = found.only(_listed(wallets))
        what = {"features": names, "blocks": list(found.blocks), "out": out.name}
        total = desk.spend_epsilon(whoever_types(), spending, what, lambda sum_: noted.raise_to(chain, sum_))
        write_whole(out, text_of(released(found, names, micro)))
    typer.echo(f"{len(names)} histograms in {out}, for epsilon {told(micro)}")
    typer.echo(f"chain {chain}: {told(total)} of {told(whole)} spent")


def spent(
    chain_id: Annotated[
        int, typer.Option("--chain-id", envvar="UNDERTOW_CHAIN_ID", min=0, help="The chain.")
    ],
    mark: _Mark = None,
    store: StoreOption = None,
) -> None:
    """Say how much of a chain's budget is spent, in the store and by the mark outside of it."""
    from dashboard.accounts.own_files import own_state
    from dashboard.outside.sharing.mark import Mark, expect_known
    from dashboard.store import open_reader
    from dashboard.store.epsilon import spent as spent_in
    from dashboard.store.epsilon import told

    with closing(open_reader(chosen_store(store))) as reader:
        found = spent_in(reader, chain_id)
    noted = expect_known(Mark(mark or own_state("epsilon.json")), chain_id, found.micro)
    whole = "none is set yet" if found.budget is None else told(found.budget)
    typer.echo(f"chain {chain_id}: {told(max(found.micro, noted))} spent; budget: {whole}")
    if noted > found.micro:
        typer.echo(f"the store says {told(found.micro)} only: it is an older one, and the mark counts")


def thresholds(
    files: Annotated[list[Path], typer.Argument(help="Releases, of this instance or of others.")],
    rate: _Rate = 0.01,
) -> None:
    """Say above which value of each feature a given share of all their wallets stands."""
    from dashboard.outside.sharing.release import read
    from dashboard.outside.sharing.thresholds import pooled, threshold

    for name, counts in pooled([read(each) for each in files]).items():
        typer.echo(f"{name}\t{threshold(name, counts, rate):g}\t{max(int(counts.sum()), 0):,} wallets")


def measure(
    lake: Annotated[
        list[Path],
        typer.Option(
            "--lake", metavar="DIR", help="One's own, others', and last a later one to try thresholds on."
        ),
    ],
    epsilon: Annotated[
        str, typer.Option(metavar="NUMBERS", help="Epsilons to measure at, by commas.")
    ] = "0.01,0.1,0.3,1,3,10",
    feature: _Feature = None,
    rate: _Rate = 0.01,
    young: Annotated[int, typer.Option(min=10, help="Wallets of one's own that are known yet.")] = 100,
    trials: Annotated[
        int, typer.Option(min=100, help="Releases that are attacked, with and without.")
    ] = 1_000,
    draws: Annotated[int, typer.Option(min=1, help="Releases that thresholds are made from.")] = 20,
) -> None:
    """Attack releases, and try thresholds made of them: what each epsilon gives away, and what it brings."""
    from dashboard.outside.sharing.measuring import attacked, gains
    from dashboard.outside.sharing.release import checked_features
    from dashboard.outside.sharing.wallets import wallets_of
    from ingest.machine.progress import ProgressLine

    if len(lake) < 3:
        raise typer.BadParameter("--lake is given three times at least: one's own, another's, a later one")
    names = checked_features(feature or [])
    micros = [_micro(each, "--epsilon") for each in epsilon.split(",")]
    own, *others, later = [wallets_of(each, ProgressLine(sys.stderr).show) for each in lake]
    sizes = ", ".join(str(len(each.who)) for each in others)
    typer.echo(f"{len(names)} features; own wallets {young}, others' {sizes}, later {len(later.who)}")
    for micro in micros:
        typer.echo(_attack(attacked(others[0], names, micro, trials)))
    typer.echo(f"thresholds that {rate:g} of wallets stand above, tried on the later ones:")
    for gain in gains(own, others, later, names, rate, micros, young, draws):
        typer.echo(_gain(gain))


def _attack(found: Attack) -> str:
    from dashboard.store.epsilon import told

    right, wrong = found.right / found.trials, found.wrong / found.trials
    return (
        f"epsilon {told(found.micro_epsilon)}: attack right {right:.3f}, wrong {wrong:.3f}, advantage "
        f"{found.advantage:.3f} (at most {found.most:.3f}), proves epsilon >= {found.least_epsilon:.3f}"
    )


def _gain(found: Gain) -> str:
    return f"by {found.name}: off by a factor of {exp(found.error):.2f}, share above {found.share:.4f}"


def _micro(text: str, flag: str) -> int:
    """Millionths, exactly."""
    try:
        found = Decimal(text.strip()) * 1_000_000
        if not (found.is_finite() and 1 <= found <= 10**9 and found == int(found)):
            raise InvalidOperation
    except InvalidOperation:
        raise typer.BadParameter(f"{flag} takes numbers from 0.000001 to 1000, not {text!a:.40}") from None
    return int(found)


def _listed(path: Path) -> frozenset[bytes]:
    from ingest.model.errors import BadInput

    try:
        lines = [line.strip().lower() for line in path.read_text(encoding="ascii").splitlines()]
        found = frozenset(bytes.fromhex(line.removeprefix("0x")) for line in lines if line)
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} is no list of wallets, an address a line: {error}") from error
    if any(len(each) != 20 for each in found):
        raise BadInput(f"{path} is no list of wallets: an address has 40 hex digits")
    return found
