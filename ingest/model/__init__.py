"""What everything else speaks of: batches and rollbacks, the family of errors, what may be shown."""
