"""Which partition a new chain gets, also where several are new in the same moment.

Whoever chooses holds a transactional id that all of them share: a later one takes it away, and what the
earlier one notes is then refused by the broker. So choices are made one after another, each knowing those
before it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from contextlib import closing

from ingest.kafka.access import Access
from ingest.kafka.connection import BLOCKS
from ingest.kafka.publisher import Publisher
from ingest.kafka.reader import Marks
from ingest.kafka.rights import NEW_CHAIN
from ingest.model.errors import BrokerRefused, BrokerUnreachable, TakenOver

_PATIENCE_S = 60.0
_PAUSE_S = 0.5


class Claims:
    """A chain that has a partition and no record yet is noted as a mark of the group NEW_CHAIN there. Kafka
    keeps such marks for a week; from its first record on the chain's key says whose the partition is.
    """

    def __init__(self, bootstrap: str, access: Access | None) -> None:
        self._bootstrap = bootstrap
        self._access = access

    def claim(
        self, chain_id: int, chains: Callable[[], Mapping[int, int]], make_room: Callable[[int], None]
    ) -> int:
        """The partition of `chain_id`, chosen where it has none. `chains` says who has one by a record,
        `make_room` makes as many partitions as it is told. Raises BrokerUnreachable.
        """
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return self._claimed(chain_id, chains, make_room)
            except TakenOver as error:
                if time.monotonic() > until:
                    raise BrokerUnreachable(
                        f"the Kafka at {self._bootstrap} gave chain {chain_id} no partition within "
                        f"{_PATIENCE_S:g} seconds: other new chains asked at the same time; start it again"
                    ) from error
                time.sleep(random.uniform(0, _PAUSE_S))

    def _claimed(
        self, chain_id: int, chains: Callable[[], Mapping[int, int]], make_room: Callable[[int], None]
    ) -> int:
        with Publisher(self._bootstrap, NEW_CHAIN, self._access) as lock:
            known = chains()
            if chain_id in known:
                return known[chain_id]
            taken = {partition: chain for chain, partition in known.items()}
            partition = self._free(chain_id, taken)
            make_room(partition + 1)
            _note(lock, partition, chain_id)
            return partition

    def _free(self, chain_id: int, taken: Mapping[int, int]) -> int:
        """The first partition that is no other chain's, by a record or by a claim."""
        with closing(Marks(self._bootstrap, NEW_CHAIN, BLOCKS, 0, self._access)) as marks:
            partition = 0
            while True:
                mark = None if partition in taken else marks.last(partition)
                if partition not in taken and (mark is None or mark.note == str(chain_id)):
                    return partition
                partition += 1


def _note(lock: Publisher, partition: int, chain_id: int) -> None:
    """Raises TakenOver where it may not have been noted: who asks again finds it, where it was."""
    try:
        with lock.transaction():
            lock.mark(NEW_CHAIN, BLOCKS, partition, 0, str(chain_id))
    except BrokerRefused:
        raise
    except BrokerUnreachable as error:  # also what a broker says that is just fencing it: an unknown error
        raise TakenOver(str(error)) from error
