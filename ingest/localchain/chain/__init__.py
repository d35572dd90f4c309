"""The bare chain: anvil, blocks, wallets, transactions, bytecode and its deployment."""
