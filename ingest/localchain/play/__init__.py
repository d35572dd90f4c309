"""A simulation from the first to the last block: which stories are told, by whom, and their labels."""
