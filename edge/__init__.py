"""Runs on the rover: camera -> frames -> tiles -> cracks -> log. Owns every contract; imports no training framework."""
