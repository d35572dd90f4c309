"""Models of what is ordinary, fitted on earlier blocks, then frozen."""
