"""The rendered wall as a test bench: `hairline bench wall`, and the fit of what its cracks look like."""
