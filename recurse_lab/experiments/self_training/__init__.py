"""Self-training in rounds: draw answers, keep some by a verifier, learn from them; what does the verifier add?"""
