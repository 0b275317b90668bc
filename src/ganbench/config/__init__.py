"""How parts are described, checked, overridden by dotted keys, and built."""
