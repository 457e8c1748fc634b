"""Speed and memory next to other libraries, as ratios measured in one run on one machine."""
