"""From the record log to the book of alerts: engine, state, episodes, what is kept on disk, the digest of a
run.
"""
