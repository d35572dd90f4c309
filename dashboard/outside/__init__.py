"""What leaves the store for people, programs and operators: an HTTP API, messages, metrics, other formats.

Beside it, what is tried of a contract outside of the watched chain (`inspecting`).
"""
