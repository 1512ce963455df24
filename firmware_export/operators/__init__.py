"""TFLite's operators, checked and turned into the graph's; one file a family."""
