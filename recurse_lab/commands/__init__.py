"""The commands of `python -m recurse_lab`, one file each; `add(commands)` declares a command and its options."""
