"""`detect --pending`: what would be found if what waits became the next block; never in the book."""
