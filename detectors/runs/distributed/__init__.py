"""Detection over a lake on several machines: one process takes all blocks in order through what is
remembered, others ask the detectors about its pieces, and it makes alerts of what they found, in order again.
"""
