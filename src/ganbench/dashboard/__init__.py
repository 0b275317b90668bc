"""The dashboard: a read-only view, in the browser, of the runs and studies below a folder."""
