"""How others measured, by name: one file a protocol. Importing this loads no network."""
