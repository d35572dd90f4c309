"""Packs that this instance gives out: to be read only, by whoever may ask at all. They say who signed them,
and who takes one in judges it by keys of their own.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from dashboard.outside.api import models
from dashboard.outside.api.gate import From, Refused, Shelved, Who

router = APIRouter(prefix="/v1", tags=["packs"])
Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the pack's file.")]


@router.get("/packs")
def packs(who: Who, source: From) -> list[models.Pack]:
    """What is given out, by name and version."""
    return [_pack(each) for each in source.shelf.listed()] if source.shelf is not None else []


@router.get(
    "/packs/{digest}", response_class=Response, responses={200: {"content": {"application/json": {}}}}
)
def pack(who: Who, source: From, digest: Digest) -> Response:
    """The file of a pack, byte for byte."""
    content = None if source.shelf is None else source.shelf.content(digest)
    if content is None:
        raise Refused(404, "no such pack is given out: see /v1/packs")
    return Response(content, media_type="application/json")


def _pack(found: Shelved) -> models.Pack:
    head = found.head
    return models.Pack(
        name=head.name, version=head.version, kind=head.kind, lists=head.lists, chain_id=head.chain_id,
        source=head.source, licence=head.licence, made=head.made, expires=head.expires,
        bytes=head.content.bytes, key=found.signature.key, digest=found.digest,
    )  # fmt: skip
