"""veaf-sync's connector for GitHub Projects."""
