"""veaf-sync's connector for Asana."""
