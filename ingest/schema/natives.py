"""What a chain calls its native coin, and which contracts wrap it: by chain id, as far as it is certain."""

from __future__ import annotations

from dataclasses import dataclass

NATIVE_DECIMALS = 18
"""Native value is counted in units of 10^-18 on every EVM chain, whatever the coin is called."""


@dataclass(frozen=True, slots=True)
class NativeCoin:
    """`symbol` is what the chain calls its coin. `wrapped` are the contracts that give a token for it, one
    for one, announced by `Deposit` and `Withdrawal`, or that move the coin itself as if it were a token;
    empty where none is certain.
    """

    symbol: str
    wrapped: frozenset[bytes] = frozenset()


def _coin(symbol: str, *wrapped: str) -> NativeCoin:
    return NativeCoin(symbol, frozenset(bytes.fromhex(address) for address in wrapped))


_OP_STACK = _coin("ETH", "4200000000000000000000000000000000000006")
"""Chains of the OP stack whose coin is ether wrap it at the same predeployed address."""

_MRC20 = "0000000000000000000000000000000000001010"
_ERC20_OF_MOONBEAM = "0000000000000000000000000000000000000802"

NATIVE_COINS: dict[int, NativeCoin] = {
    1: _coin("ETH", "c02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"),
    3: _coin("ETH", "c778417e063141139fce010982780140aa0cd5ab"),
    4: _coin("ETH", "c778417e063141139fce010982780140aa0cd5ab"),
    5: _coin("ETH", "b4fbf271143f4fbf7b91a5ded31805e42b2208d6"),
    10: _OP_STACK,
    14: _coin("FLR", "1d80c49bbbcd1c0911346656b529df9e5c2f783d"),
    25: _coin("CRO", "5c7f8a570d578ed84e63fdfa7b1ee72deae1ae23"),
    40: _coin("TLOS", "d102ce6a4db07d247fcc28f366a623df0938ca9e"),
    42: _coin("ETH", "d0a1e359811322d97991e03f863a0c30c2cf029c"),
    56: _coin("BNB", "bb4cdb9cbd36b01bd1cbaebf2de08d9173bc095c"),
    61: _coin("ETC"),
    97: _coin("tBNB", "ae13d989dac2f0debff460ac112a837c89baa7cd"),
    100: _coin("xDAI", "e91d153e0b41518a2ce8dd3d7944fa863463a97d"),
    122: _coin("FUSE", "0be9e53fd7edac9f859882afdda116645287c629"),
    130: _OP_STACK,
    137: _coin("POL", "0d500b1d8e8ef31e21c99d1db9a6444d3adf1270", _MRC20),
    146: _coin("S", "039e2fb66102314ce7b64ce5ce3e5183bc94ad38"),
    169: _coin("ETH", "0dc808adce2099a9f62aa87d9670745aba741746"),
    204: _coin("BNB", "4200000000000000000000000000000000000006"),
    250: _coin("FTM", "21be370d5312f44cb42ce377bc9b8a0cef1a4c83"),
    288: _coin("ETH", "deaddeaddeaddeaddeaddeaddeaddeaddead0000"),
    300: _coin("ETH"),
    324: _coin("ETH", "5aea5775959fbc2557cc8789bc1bf90a239d9a91"),
    369: _coin("PLS", "a1077a294dde1b09bb078844df40758a5d0f9a27"),
    480: _OP_STACK,
    999: _coin("HYPE", "5555555555555555555555555555555555555555"),
    1030: _coin("CFX", "14b2d3bc65e74dae1030eafd8ac30c533c976a9b"),
    1088: _coin("METIS", "75cb093e4d61d2a2e65d8e0bbb01de8d89b53481"),
    1101: _coin("ETH", "4f9a0e7fd2bf6067db6994cf12e4495df938e6e9"),
    1116: _coin("CORE", "40375c92d9faf44d2f9db9bd9ba41a3317a2404f"),
    1135: _OP_STACK,
    1284: _coin("GLMR", "acc15dc74880c9944775448304b263d191c6077f", _ERC20_OF_MOONBEAM),
    1285: _coin("MOVR", "98878b06940ae243284ca214f92bb71a2b032b8a", _ERC20_OF_MOONBEAM),
    1337: _coin("ETH"),
    1868: _OP_STACK,
    2020: _coin("RON", "e514d9deb7966c8be0ca922de8a064264ea6bcd4"),
    5000: _coin("MNT", "78c1b0c915c4faa5fffa6cabf0219da63d7f4cb8"),
    8217: _coin("KAIA", "19aac5f612f524b754ca7e7c41cbfa2e981a4432"),
    8453: _OP_STACK,
    10200: _coin("xDAI"),
    17000: _coin("ETH", "94373a4919b3240d86ea41593d5eba789fef3848"),
    31337: _coin("ETH"),
    34443: _OP_STACK,
    42161: _coin("ETH", "82af49447d8a07e3bd95bd0d56f35241523fbab1"),
    42170: _coin("ETH", "722e8bdd2ce80a4422e880164f2079488e115365"),
    42220: _coin("CELO", "471ece3750da237f93b8e339c536989b8978a438"),
    43113: _coin("AVAX", "d00ae08403b9bbb9124bb305c09058e32c39a48c"),
    43114: _coin("AVAX", "b31f66aa3c1e785363f0875a1b74e27b85fd66c7"),
    44787: _coin("CELO", "f194afdf50b03e69bd7d057c1aa9e10c9954e4c9"),
    57073: _OP_STACK,
    59141: _coin("ETH"),
    59144: _coin("ETH", "e5d7c2a44ffddf6b295a15c148167daaaf5cf34f"),
    80002: _coin("POL", _MRC20),
    80094: _coin("BERA", "6969696969696969696969696969696969696969"),
    81457: _coin("ETH", "4300000000000000000000000000000000000004"),
    84532: _OP_STACK,
    421614: _coin("ETH", "980b62da83eff3d4576c647993b0c1d7faf17c73"),
    534351: _coin("ETH", "5300000000000000000000000000000000000004"),
    534352: _coin("ETH", "5300000000000000000000000000000000000004"),
    560048: _coin("ETH"),
    7777777: _OP_STACK,
    11155111: _coin(
        "ETH", "fff9976782d46cc05630d1f6ebab18b2324d6b14", "7b79995e5f793a07bc00c21412e50ecae098e7f9"
    ),
    11155420: _OP_STACK,
    1313161554: _coin("ETH", "c9bdeed33cd01541e1eed10f90519d2c06fe3feb"),
    1666600000: _coin("ONE", "cf664087a5bb0237a0bad6742852ec6c87d69a7a"),
}
"""By chain id. CELO, POL and Moonbeam's coins are tokens as well: a Transfer of that contract moves the coin.

31337 and 1337 are development chains, whose nodes call their coin ether.
"""


NATIVE_ECHOES = frozenset(
    bytes.fromhex(address)
    for address in (
        "fffffffffffffffffffffffffffffffffffffffe",  # EIP-7708, Amsterdam
        "000000000000000000000000000000000000800a",  # the ZK stack (zkSync Era and others)
    )
)
"""Addresses of the system, at which nobody can put a contract, whose Transfers say again what transactions
and calls say of the native coin: to count them would be to count it twice, and once as a token.
"""


def native_symbol(chain_id: int) -> str | None:
    """What a chain calls its native coin; None where it is not known: never another chain's name."""
    coin = NATIVE_COINS.get(chain_id)
    return None if coin is None else coin.symbol


def wrapped_natives(chain_id: int) -> frozenset[bytes]:
    """The contracts that are known to wrap a chain's native coin, whatever their code says."""
    coin = NATIVE_COINS.get(chain_id)
    return frozenset() if coin is None else coin.wrapped
