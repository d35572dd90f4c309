"""Acting on alerts: a guard contract pauses vaults, and a limit on withdrawals follows their risk."""
