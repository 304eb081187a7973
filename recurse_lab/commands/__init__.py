"""The commands of `python -m recurse_lab`, one file each: `add(commands)` declares its options and what it runs."""
