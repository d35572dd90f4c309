"""The record log of a chain: its envelopes, and how they are written to and read from Kafka."""
