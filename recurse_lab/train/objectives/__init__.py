"""What a model is asked for while it thinks: losses over the stream of thoughts, one file each."""
