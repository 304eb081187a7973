"""One file per published model: a frozen configuration and a module, no loss and no training."""
