"""What one person should know of his own address, worked out here, from lake and store, and kept nowhere."""
