"""Everything that blocks say, decoded in one pass: transfers, approvals, pools, loans, votes and all others.

`decode` gives one row for each movement or change, in chain order (block, transaction, log index, index in
the log; native value before the logs of its transaction). Which events there are, and which of their
parameters fills which column, is data: `events.EVENTS`. A log that carries an event's signature and another
shape is no event.

| column | type | what it says |
|---|---|---|
| `block`, `time` | int64 | height of the block, its time in seconds UTC |
| `transaction` | int64 | row of the batch's `transactions` |
| `log` | int64 | row of the batch's `logs`; -1 for native value |
| `kind` | uint8 | a `Kind` |
| `log_index` | int32 | as in the frames; -1 for native value |
| `index_in_log` | int32 | in an ERC-1155 batch, a proposal's calls, a V3 flash's tokens; else 0 |
| `flag` | bool | of approvals: given, not taken back |
| `addresses` | uint32 [5, 5] | `emitter`, `asset`, `source`, `target`, `third`: 20 bytes each as they came |
| `words` | uint64 [3, 4] | `amount`, `amount2`, `item`: limbs, most significant first |
| `small` | int64 [2] | `small`, `small2`: fees, ticks, expiry, support, where a call's bytes are |
| `more_row` | int64 | row of `more`, or -1: few kinds have so many words |
| `more` | uint64 [4, 4] | `amount3`, `amount4`, `price`, `liquidity` |

What a kind leaves out is zero. Native value has the zero address as emitter and asset.

Every `Deposit(address, uint256)` is a candidate for a wrapper's deposit, and so with withdrawals: which of
them moved native value is not said by the log alone. `Rows.where` takes the answer.
"""

from detectors.kernels.decoding.decoder import decode
from detectors.kernels.decoding.kinds import LAID, Kind
from detectors.kernels.decoding.rows import Room, Rows

__all__ = ["LAID", "Kind", "Room", "Rows", "decode"]
