"""The limit: asks for blocks and receipts as the ingester does, on two connections, and looks at nothing."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import requests

BLOCKS_A_REQUEST = 10


def read(session: requests.Session, url: str, first: int, last: int) -> int:
    calls = [
        {"jsonrpc": "2.0", "id": 2 * number + at, "method": method, "params": params}
        for number in range(first, last + 1)
        for at, (method, params) in enumerate(
            (("eth_getBlockByNumber", [hex(number), True]), ("eth_getBlockReceipts", [hex(number)]))
        )
    ]
    headers = {"Content-Type": "application/json"}
    return len(session.post(url, json.dumps(calls), headers=headers, timeout=60).content)


def main() -> None:
    url, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    session = requests.Session()
    session.trust_env = False
    starts = range(first, last + 1, BLOCKS_A_REQUEST)
    with ThreadPoolExecutor(2) as pool:
        ends = [min(last, start + BLOCKS_A_REQUEST - 1) for start in starts]
        print(sum(pool.map(lambda start, end: read(session, url, start, end), starts, ends)))


if __name__ == "__main__":
    main()
