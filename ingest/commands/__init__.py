"""The commands of `ingest`, light to import."""
