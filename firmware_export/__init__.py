"""Bundle -> C -> board. Empty until the C generator lands; see docs/firmware.md."""
