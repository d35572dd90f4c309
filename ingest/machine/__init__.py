"""This machine: the tools that are installed on it, the broker, processes, signals, progress."""
