"""All that blocks say as rows with names: one order for all, addresses as numbers, each row in the row log.

The order is: block; in it by transaction; in a transaction the transaction itself (also one that failed),
then what calls inside of it moved and created (only where traces are there), then its logs by (log index,
index inside). Numbers of rows, transactions, addresses and items go on from piece to piece in this order, so
none depends on where batches are cut.

| column | type | what it says |
|---|---|---|
| `number` | int64 | of the row, in the row log |
| `block`, `time` | int64 | height of the block, its time in seconds UTC |
| `transaction` | int64 | number of the transaction |
| `kind` | uint8 | a `Kind` |
| `log_index`, `index_in_log` | int64 | as in the frames; -1 and 0 for what is no log |
| `trace_index` | int64 | position among the transaction's calls; -1 for what is no call inside |
| `signer` | int64 | address that sent the transaction |
| `source`, `target`, `third` | int64 | who pays, is paid, is concerned (see `decoding.events`) |
| `emitter`, `asset` | int64 | who said it; the token it is about |
| `money` | int64 | `asset`, but 0 (native value) where that wraps the chain's coin one for one |
| `item` | int64 | number of (emitter, id) for what has an id; else -1 |
| `amount`, `amount2` | uint64 [n, 4] | limbs, most significant first |
| `small`, `small2` | int64 | of a transaction: its selector, -1 where it has none; else as `decoding` says |
| `flag` | bool | of a transaction: it was done; of approvals: given |
| `asked` | bool | of a token's transfer: its payer's own transaction asked the token for it (see `asking`) |
| `more` | int64 | row of `Piece.more`, uint64 [m, 4, 4] (`amount3`, `amount4`, `price`, `liquidity`), or -1 |

What a kind leaves out is zero: address 0 is the zero address. A transaction has as source who sent it, as
target whom it calls or creates, as third what it creates.
"""

from detectors.kernels.rows.chronicle import Chronicle, Piece, sealed

__all__ = ["Chronicle", "Piece", "sealed"]
