"""Browser components: what moves with the mouse lives in the browser."""
