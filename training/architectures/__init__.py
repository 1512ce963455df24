"""How a recipe's network is checked, trained and shipped: a file an architecture; networks: `training.models`."""
