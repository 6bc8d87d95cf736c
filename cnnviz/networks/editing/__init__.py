"""A network that is being edited: what each action does to it, and what the editor shows of it."""
