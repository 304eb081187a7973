"""One file per published idea: a frozen configuration and a module, no loss and no training."""
