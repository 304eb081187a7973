"""One file per chapter's experiments: arms, claims and margins, as plain Python."""
