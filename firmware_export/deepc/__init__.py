"""The float network compiled by deepC 0.13: `docs/deepc.md` says whose code does what."""
