"""Fixed networks in whose features pictures are compared. Importing this loads nothing."""
