"""An analyst's own rules: a small typed expression over columns that parts say, as a detector."""
