"""Bundle -> C -> board: an int8 network as C99 for microcontrollers."""
