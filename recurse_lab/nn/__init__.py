"""Building blocks of the models in plain PyTorch; hooks, autograd and autocast work on all of them."""
