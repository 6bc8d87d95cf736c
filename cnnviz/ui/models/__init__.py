"""The known architectures."""
