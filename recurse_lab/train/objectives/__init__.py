"""Training objectives: losses over the stream of thoughts, one file each."""
