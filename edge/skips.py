"""Why frames were not inspected, where more than one part speaks of it. A log counts frames by these words."""

OVERTAKEN = "dropped: newer frames came before there was time for it"
STANDING = "standing still: the last inspected frame saw the same"
MOVING = "not standing still (stop and shoot)"
ENDED = "the run ended before it was inspected"
# No figures: how long the gap was is with the frame.
RESTARTED = "the camera stalled or failed and was restarted"
OUT_OF_MEMORY = "out of memory in the network"
NETWORK_FAILED = "the network failed"
# Nothing was wrong with these frames.
UNDONE = (ENDED, OUT_OF_MEMORY, NETWORK_FAILED)
