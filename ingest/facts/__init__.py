"""What becomes known with a block and is not in it: tokens' words, code, lists, calls."""
