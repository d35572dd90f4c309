"""The fixed names of what is detected: alerts, labels and outside tests use them."""

CATEGORIES = frozenset(
    (
        "address-poisoning", "anomalous-flow", "anomalous-wallet", "approval-phishing", "asset-drain",
        "bridge-mismatch", "cycle-laundering", "flash-loan-attack", "governance-attack", "hidden-mint",
        "honeypot", "layering", "mixer-flow", "node-divergence", "pig-butchering", "ponzi",
        "price-manipulation", "pump-and-dump", "reentrancy", "rug-pull", "sanctioned-exposure", "sandwich",
        "spam-token", "suspicious-contract", "sybil-cluster", "token-impersonation", "vault-inflation",
        "wallet-drain", "wash-trading",
    )
)  # fmt: skip
