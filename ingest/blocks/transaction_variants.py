"""What transactions may be encoded as where a node leaves out what is empty, or writes a parity otherwise:
the root over them decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ingest.blocks.answers import AuthorizationAnswer, TransactionAnswer, number


def variants(sent: Sequence[TransactionAnswer]) -> Iterator[list[TransactionAnswer]]:
    """The transactions with what is empty written out, and their authorizations' parity read either way."""
    filled = [_filled(each) for each in sent]
    yield filled
    if any(each.authorization_list for each in sent):
        yield [_with_other_parity(each) for each in filled]


def _filled(sent: TransactionAnswer) -> TransactionAnswer:
    """No input, nothing listed: nodes leave it out, or write it in their own ways."""
    call_data = sent.call_data
    return msgspec.structs.replace(
        sent,
        input="0x" if call_data is None or number(call_data) is None else call_data,
        data=None,
        access_list=sent.access_list or [],
        authorization_list=sent.authorization_list or [],
        blob_versioned_hashes=sent.blob_versioned_hashes or [],
    )


def _with_other_parity(sent: TransactionAnswer) -> TransactionAnswer:
    """An authorization holds whatever its signer wrote as a parity: 27 may be that, or a node's 0."""
    swapped = [_swapped(each) for each in sent.authorization_list or ()]
    return msgspec.structs.replace(sent, authorization_list=swapped)


def _swapped(given: AuthorizationAnswer) -> AuthorizationAnswer:
    if number(given.y_parity) is None:
        return msgspec.structs.replace(given, y_parity=given.v, v=None)
    return msgspec.structs.replace(given, y_parity=None, v=given.y_parity)
