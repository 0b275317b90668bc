"""An HTTP server for trained models: samples, interpolations, encodings and translations."""
