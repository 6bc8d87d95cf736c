"""What the app answers beside its pages; the only place that knows Starlette."""
