"""What several detectors know: accounts and tokens, the graph of payments, features of transfers and
wallets, worth.
"""
