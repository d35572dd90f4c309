"""A labelled world of two chains with a bridge between them, read through nodes of which some lie: played by
real anvils, followed live into a real Kafka, and judged by `make evaluate-bridge`.
"""
