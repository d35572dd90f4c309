"""The commands `undertow evidence` and `undertow verify`. Light to import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detectors.alerts.alert import DEFAULT_FINALITY
from ingest.model.errors import EvidenceRefused

if TYPE_CHECKING:
    from dashboard.outside.evidence.proofs import Checked
    from ingest.nodes import Nodes

_Rpc = Annotated[str | None, typer.Option("--rpc", metavar="URL", help="A node of the alert's chain.")]
_Lake = Annotated[
    Path | None, typer.Option("--lake", metavar="DIR", help="A lake with the blocks of the alert.")
]
_Chain = Annotated[int | None, typer.Option("--chain-id", min=0, help="The chain that the alert is of.")]
_Finality = Annotated[
    int,
    typer.Option("--finality", envvar="UNDERTOW_FINALITY", min=1, max=2**31 - 1, help="As `detect` had it."),
]
_NativeSymbol = Annotated[
    str | None,
    typer.Option(
        "--native-symbol", envvar="UNDERTOW_NATIVE_SYMBOL", metavar="SYMBOL", help="As `detect` had it."
    ),
]
_Models = Annotated[
    Path | None,
    typer.Option("--models", envvar="UNDERTOW_MODELS", metavar="DIR", help="As `detect` had it."),
]
_Settings = Annotated[
    Path | None,
    typer.Option("--settings", envvar="UNDERTOW_SETTINGS", metavar="FILE", help="As `detect` had it."),
]
_Rules = Annotated[
    Path | None,
    typer.Option("--rules", envvar="UNDERTOW_RULES", metavar="DIR", help="As `detect` had it."),
]


def mount(app: typer.Typer) -> None:
    """Adds the commands to the front door."""
    app.command()(evidence)
    app.command()(verify)


def evidence(
    alert: Annotated[str, typer.Argument(help="The alert's id.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write; replaced as a whole.")],
    store: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Take the alert, with all its revisions, from this store."),
    ] = None,
    alerts: Annotated[Path | None, typer.Option(metavar="FILE", help="Take it from this book.")] = None,
    rpc: _Rpc = None,
    lake: _Lake = None,
    chain_id: _Chain = None,
    key_file: Annotated[
        Path | None,
        typer.Option(
            envvar="UNDERTOW_EVIDENCE_KEY",
            metavar="FILE",
            help="The key that signs, made where there is none.  [default: ~/.undertow/evidence.key]",
        ),
    ] = None,
    finality: _Finality = DEFAULT_FINALITY,
    native_symbol: _NativeSymbol = None,
    models: _Models = None,
    chosen: _Settings = None,
    rules: _Rules = None,
) -> None:
    """Write what proves an alert into one file that `undertow verify`, or anybody, can check."""
    if (store is None) == (alerts is None):
        raise typer.BadParameter("give one of --store and --alerts: where the alert is taken from")
    from dashboard.filing.export import write_whole
    from dashboard.outside.evidence.alerts import from_book, from_store
    from dashboard.outside.evidence.blocks import LakeBlocks, NodeBlocks, Source
    from dashboard.outside.evidence.gathering import gather
    from dashboard.outside.evidence.signing import Signer
    from detectors.engine.chosen import judges
    from detectors.engine.settings import EngineSettings

    taken = from_store(store, alert, chain_id) if store else from_book(Path(str(alerts)), alert, chain_id)
    signer = Signer(key_file or _own_key())
    settings = EngineSettings(finality=finality, native_symbol=native_symbol)
    chain = taken.alert.chain_id
    with _asked(rpc, chain) as nodes:
        sources: list[Source] = [] if lake is None else [LakeBlocks(lake, chain)]
        sources += [] if nodes is None else [NodeBlocks(nodes, chain)]
        found = gather(taken, sources, signer, settings, judges(models, chosen, rules))
    write_whole(out, found.content.decode())
    for note in found.unproved:
        typer.echo(f"evidence: not proved: {note}", err=True)
    typer.echo(f"evidence {found.name}, signed by {signer.public}, {len(found.content):,} bytes in {out}")


@contextmanager
def _asked(rpc: str | None, chain_id: int | None) -> Iterator[Nodes | None]:
    """The nodes of a chain while the block runs; None where none is named."""
    if rpc is None:
        yield None
        return
    from ingest.nodes import Nodes

    nodes = Nodes(rpc, chain_id)
    try:
        yield nodes
    finally:
        nodes.close()


def _own_key() -> Path:
    from ingest.machine.tools import home

    return home() / "evidence.key"


def verify(
    file: Annotated[Path, typer.Argument(help="A bundle of `undertow evidence`.")],
    rpc: _Rpc = None,
    lake: _Lake = None,
    signer: Annotated[
        str | None,
        typer.Option(
            metavar="KEY", help="The instance that must have signed it: its public key, 64 hex digits."
        ),
    ] = None,
    alert: Annotated[str | None, typer.Option(metavar="ID", help="The alert that it must be of.")] = None,
    chain_id: _Chain = None,
    anchor_rpc: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A node of the chain that it is anchored on; with --anchor."),
    ] = None,
    anchor: Annotated[
        str | None,
        typer.Option(
            envvar="UNDERTOW_ANCHOR", metavar="ADDRESS", help="The contract that it must be anchored in."
        ),
    ] = None,
    anchor_owner: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Who must own that contract.")
    ] = None,
    finality: _Finality = DEFAULT_FINALITY,
    native_symbol: _NativeSymbol = None,
    models: _Models = None,
    chosen: _Settings = None,
    rules: _Rules = None,
) -> None:
    """Say of each claim of a bundle what it stands on: proved, anchored, signed, or only stated. Offline, but
    for --rpc and --anchor-rpc; with --lake the alert is made again and compared.
    """
    if anchor_rpc is not None and anchor is None:
        raise typer.BadParameter("give --anchor beside --anchor-rpc: a bundle cannot say where to look")
    from dashboard.outside.evidence import judging
    from dashboard.outside.evidence.blocks import LakeBlocks
    from dashboard.outside.evidence.verifying import Asked, check
    from detectors.engine.chosen import judges
    from ingest.model.errors import BadInput

    try:
        content = file.read_bytes()
    except OSError as error:
        raise BadInput(f"the bundle {file} cannot be read: {error.strerror}; give another file") from error
    found = check(content, Asked(_key(signer), alert, chain_id))
    if found.alert is not None and not found.refusals:
        detectors = judges(models, chosen, rules)
        judging.compare(found, detectors)
        with _asked(rpc, None) as nodes:
            if nodes is not None:
                from dashboard.outside.evidence import on_chain

                on_chain.compare(found, nodes)
        if anchor_rpc is not None and anchor is not None:
            _look_in(found, anchor_rpc, anchor, anchor_owner)
        if lake is not None:
            from dashboard.outside.evidence import replay
            from detectors.engine.settings import EngineSettings

            settings = EngineSettings(finality=finality, native_symbol=native_symbol)
            held = LakeBlocks(lake, found.alert.chain_id)
            replay.compare(found, held, settings, detectors, lambda _block: None)
    _say(file, found, rpc is not None)


def _look_in(found: Checked, rpc: str, contract: str, owner: str | None) -> None:
    from dashboard.outside.anchoring.contract import AnchorContract
    from dashboard.outside.anchoring.wiring import checked_address
    from dashboard.outside.evidence import in_contract
    from ingest.nodes.sending.speaking import Speaker

    address = checked_address(contract, "--anchor")
    named = None if owner is None else checked_address(owner, "--anchor-owner")
    with closing(Speaker(rpc)) as node:
        in_contract.compare(found, AnchorContract(node, address), named)


def _key(text: str | None) -> str | None:
    if text is not None and (len(text) != 64 or set(text.lower()) - set("0123456789abcdef")):
        raise typer.BadParameter(f"{text[:70]!a} is no public key: 64 hex digits", param_hint="--signer")
    return None if text is None else text.lower()


def _say(file: Path, found: Checked, asked_node: bool) -> None:
    """Claims where nothing is refused, else what is; raises EvidenceRefused then."""
    from detectors.alerts.text import visible

    for refusal in found.refusals:
        typer.echo(visible(f"refused   {refusal.name} at {refusal.place}: {refusal.why}"))
    if found.refusals or found.bundle is None:
        first = found.refusals[0]
        more = f", and {len(found.refusals) - 1} more" if len(found.refusals) > 1 else ""
        raise EvidenceRefused(visible(f"{file} is refused: {first.name} at {first.place}{more}"))
    for claim in found.claims:
        typer.echo(visible(f"{claim.standing:9} {claim.what}{f': {claim.note}' if claim.note else ''}"))
    counts = Counter(claim.standing for claim in found.claims)
    typer.echo(", ".join(f"{counts[each]} {each}" for each in ("proved", "anchored", "signed", "stated")))
    typer.echo(f"signed by {found.bundle.signature.key}: compare it with what the instance says its key is")
    if not asked_node:
        typer.echo("the headers are not known to be on the chain: give --rpc to compare them with a node's")
