"""Networks that give one score a pixel: what they learn from, how they are judged, how they get into a bundle."""
