"""Long runs: weeks of mainnet-like blocks through the engine; mainnet's rate through Kafka and the roles."""
