"""The actions of `hairline firmware`, a file each."""
