"""Whether all that undertow needs is there, and what to do where it is not."""
