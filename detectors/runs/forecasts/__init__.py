"""What gas will cost and how full blocks will be: pure functions of the blocks seen. Without clock, network
or chance, and beside the run digest, as no alert depends on it.
"""
