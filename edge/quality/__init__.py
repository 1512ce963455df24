"""Whether a frame is good enough to be inspected, and if not, why."""

from edge.quality.facts import QualityFacts
from edge.quality.gate import QualityGate, QualityThresholds, Verdict

__all__ = ["QualityFacts", "QualityGate", "QualityThresholds", "Verdict"]
