"""Work on several machines by Ray, an extra (`pip install undertow[ray]`): the only door to it.

A command speaks with Ray by a process of its own (`driver`): Ray ends whoever is connected, without an
exception, when its head is gone. So the command itself stays, says one line, and keeps what is written.
"""
