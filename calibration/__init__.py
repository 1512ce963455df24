"""Makes numbers mean something: int8 ranges, operating points, and (later) the camera's scale."""
