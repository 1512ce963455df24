"""What a training run leaves in its folder, so that runs can be told apart, looked at and compared."""
