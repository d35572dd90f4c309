"""What most pipelines do: web3.py's get_logs, ten blocks at a time, and process_log for each log."""

import sys

from web3 import HTTPProvider, Web3

ABI = [{
    "type": "event", "name": "Transfer", "anonymous": False,
    "inputs": [
        {"name": "from", "type": "address", "indexed": True},
        {"name": "to", "type": "address", "indexed": True},
        {"name": "value", "type": "uint256", "indexed": False},
    ],
}]  # fmt: skip


def main() -> None:
    url, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    web3 = Web3(HTTPProvider(url))
    transfer = web3.eth.contract(abi=ABI).events.Transfer()
    found = 0
    for start in range(first, last + 1, 10):
        logs = web3.eth.get_logs({"fromBlock": start, "toBlock": min(last, start + 9)})
        found += sum(transfer.process_log(log)["args"]["value"] for log in logs)
    print(found)


if __name__ == "__main__":
    main()
