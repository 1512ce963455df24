"""Where the camera was before the wall. Here the contract; `tracker` follows a rover frame by frame, `graph` solves a
whole run at its end. What both know of a step, a tag or the wheels is planar: see `plane`."""

from edge.pose.pose import Matrix, Pose, PoseSource

__all__ = ["Matrix", "Pose", "PoseSource"]
