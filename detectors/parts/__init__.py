"""What several detectors know, one file a part, and readings of what parts say."""
