"""What leaves the store for people, programs and operators: an HTTP API, messages, metrics, other formats."""
