"""The protocols of the local world beside WETH, Uniswap V2 and tokens: one file each, found by itself.

Such a module states `PROTOCOL`, a frozen dataclass of addresses with a class method
`deploy(base: Base, deployment: Deployment) -> Self` (see `world`). What its users can do are functions beside
it that return transactions.
"""
