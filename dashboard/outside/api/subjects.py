"""Wallets, tokens, the flow of money, scores and incidents."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from dashboard.outside.api import models, wording
from dashboard.outside.api.alerts import Chain
from dashboard.outside.api.gate import From, Refused, Who
from dashboard.store.incidents import Incident, incidents
from dashboard.store.overview import Span, newest_time
from dashboard.store.subjects import Score, alerts_of, highest, scores_of
from dashboard.transfers.follow import MOST_HOPS, Wanted, follow
from dashboard.transfers.values import Transfer

router = APIRouter(prefix="/v1")

_HEX = r"^0[xX][0-9a-fA-F]{40}$"
Place = Annotated[str, Path(pattern=_HEX, description="Address, 0x and 40 hex digits.")]
DAY_S = 86_400
SUBJECT = r"^0x[0-9a-f]{2,128}$"


@router.get("/wallets/{chain_id}/{address}", tags=["subjects"])
def wallet(who: Who, source: From, chain_id: Chain, address: Place) -> models.Wallet:
    """What the store knows of an address."""
    name = address.lower()
    watched = source.reader.cases.watched(chain_id, [name]).get(name)
    return models.Wallet(
        chain_id=chain_id,
        address=name,
        alerts=wording.parts(alerts_of(source.reader, chain_id, name)),
        scores=_scores(scores_of(source.reader, chain_id, name)),
        watch=None if watched is None else models.Watch.model_validate(watched),
    )


@router.get("/tokens/{chain_id}/{address}", tags=["subjects"])
def token(who: Who, source: From, chain_id: Chain, address: Place) -> models.Token:
    """What a token says of itself, and the alerts that name it."""
    name = address.lower()
    told = source.transfers.named(chain_id, [name])[name]
    return models.Token(
        chain_id=chain_id,
        address=name,
        symbol=told.symbol,
        name=told.name,
        decimals=told.decimals,
        alerts=wording.parts(alerts_of(source.reader, chain_id, name)),
    )


@router.get("/flows/{chain_id}", tags=["subjects"])
def flow(
    who: Who,
    source: From,
    chain_id: Chain,
    start: Annotated[str, Query(pattern=r"^0x(?:[0-9a-f]{40}|[0-9a-f]{64})$", description="Wallet or hash.")],
    way: Literal["forward", "backward"] = "forward",
    hops: Annotated[int, Query(ge=1, le=MOST_HOPS)] = 3,
    token: Annotated[str | None, Query(pattern=r"^0x[0-9a-f]{40}$")] = None,
    native: Annotated[bool, Query(description="The chain's own coin only.")] = False,
    first_block: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
    last_block: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
) -> models.Flow:
    """Money followed from a wallet or a transaction: where it may have gone, no proof that it did."""
    if native and token is not None:
        raise Refused(400, "`token` and `native` exclude each other: leave one out")
    wanted = Wanted(chain_id, start, way, hops, token, native, 0, first_block, last_block)
    trail = follow(source.transfers.find, wanted)
    return models.Flow(
        chain_id=chain_id,
        start=start,
        moves=[_move(each) for each in trail.moves],
        hops=dict(trail.hops or {}),
        busy=list(trail.busy),
        left_out=[*trail.left_out, *([] if source.transfers.has_lake(chain_id) else [NO_LAKE])],
    )


NO_LAKE = "no lake of this chain is named: only transfers among the evidence of alerts are known"


@router.get("/scores/{chain_id}", tags=["scores"])
def top_scores(
    who: Who,
    source: From,
    chain_id: Chain,
    blocks: Annotated[int, Query(ge=1, le=1_000, description="Of the last so many blocks.")] = 100,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> models.Scores:
    """The highest score of each subject lately, highest first; also below the mark of alerts."""
    heads = {head.chain_id: head for head in source.reader.heads() if head.fault() is None}
    if chain_id not in heads:
        raise Refused(404, f"no block of chain {chain_id} is filed")
    first = max(0, heads[chain_id].block_number - blocks + 1)
    return models.Scores(scores=_scores(highest(source.reader, chain_id, first, limit)))


@router.get("/scores/{chain_id}/{subject}", tags=["scores"])
def scores(
    who: Who, source: From, chain_id: Chain, subject: Annotated[str, Path(pattern=SUBJECT)]
) -> models.Scores:
    """The newest 500 scores of a wallet, token, transaction or flow, in order of blocks."""
    return models.Scores(scores=_scores(scores_of(source.reader, chain_id, subject)))


@router.get("/incidents", tags=["incidents"])
def all_incidents(
    who: Who,
    source: From,
    since: Annotated[int | None, Query(ge=0, le=2**63 - 1, description="Block time; default: a day")] = None,
    until: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
) -> models.Incidents:
    """Alerts of a span of block time that share a transaction or an attacker, the gravest first."""
    end = until if until is not None else newest_time(source.reader) or 0
    span = Span(since if since is not None else max(0, end - DAY_S), end)
    found = incidents(source.reader, span)
    told = [_incident(each) for each in found.found]
    return models.Incidents(since=span.since, until=span.until, cut=found.cut, incidents=told)


def _incident(found: Incident) -> models.Incident:
    return models.Incident(
        chain_id=found.chain_id,
        id=found.id,
        severity=found.severity,  # type: ignore[arg-type]
        first=found.first,
        last=found.last,
        attackers=list(found.attackers),
        victims=list(found.victims),
        wei=None if found.wei is None else str(found.wei),
        alerts=wording.lines(found.alerts),
    )


def _scores(found: list[Score]) -> list[models.Score]:
    return [told for each in found if (told := wording.score(each)) is not None]


def _move(found: Transfer) -> models.Move:
    plain = {name: getattr(found, name) for name in models.Move.model_fields}
    return models.Move(**plain | {"amount": str(found.amount)})
