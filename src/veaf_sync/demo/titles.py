"""Titles of the demo's work items: kinds of work for stories, and work that belongs to no epic."""

from __future__ import annotations

STORY_WORK: tuple[str, ...] = (
    "Measure {} in production",
    "Retry {} after a timeout",
    "Contract test for {}",
    "Explain errors of {} to the customer",
    "Cover {} for two currencies",
    "Remove the old path of {}",
    "Make {} work without scripts",
    "Alert when {} slows down",
    "Document {} for support",
    "Cache {}",
    "Roll out {} to five per cent",
    "Log {} with a trace id",
    "Accessibility review: {}",
    "Move {} behind a feature switch",
    "Load test: {}",
    "Translate {} into French and Polish",
)

BUG_WORK: tuple[str, ...] = (
    "{} fails when the session expires",
    "{} shows yesterday's value",
    "{} counts twice after a retry",
    "{} breaks on names with accents",
    "{} hangs behind a proxy",
)

SUBTASKS: tuple[str, ...] = ("Write the test first", "Change the client", "Update the runbook", "Review with security")

INCIDENTS: tuple[str, ...] = (
    "Checkout answered 502 for 11 minutes",
    "Card authorisations delayed by the acquirer",
    "Search index lagged by an hour",
    "Certificate of the image host expired",
    "Order mails went out twice",
    "Queue depth above the alarm line",
    "Primary database failed over",
    "Product feed arrived empty",
    "Night job ran past six o'clock",
    "Login rate limit hit by a partner",
    "Payment callbacks refused by the firewall",
    "Basket service restarted in a loop",
)

ON_CALL: tuple[str, ...] = (
    "Hand-over notes for the week",
    "Silence the flapping disk alarm",
    "Rotate the pager schedule",
    "Clean up after the failover",
    "Follow-up: queue alarm threshold",
    "Runbook for expired certificates",
)

SPIKES: tuple[str, ...] = (
    "Spike: would a graph store answer faster?",
    "Spike: voice search in the shop",
    "Spike: compare three feature-switch services",
    "Spike: shop search with embeddings",
)

# Work under no epic: project, type, title.
LOOSE: tuple[tuple[str, str, str], ...] = (
    ("PAY", "Bug", "Retry storm on card tokens"),
    ("SHOP", "Story", "Rewrite the basket in another language"),
    ("OPS", "Task", "Move the wiki to the new search"),
    ("PAY", "Task", "Tidy the feature switches of last year"),
    ("SHOP", "Story", "Dark theme for the order history"),
    ("OPS", "Task", "Update the base image"),
    ("PAY", "Story", "Export invoices as a spreadsheet"),
    ("SHOP", "Bug", "Footer overlaps the cookie note on small screens"),
    ("OPS", "Story", "Dashboard for the dashboards"),
    ("SHOP", "Task", "Rename the stylesheet folders"),
    ("PAY", "Task", "Upgrade the web framework"),
    ("OPS", "Task", "Second office network"),
    ("SHOP", "Story", "Animated snow in December"),
    ("PAY", "Bug", "Amount column misaligned in the back office"),
    ("OPS", "Bug", "Log search forgets the time zone"),
    ("SHOP", "Task", "Collect unused translations"),
    ("PAY", "Story", "Print a payment slip"),
    ("OPS", "Task", "Inventory of service accounts"),
    ("SHOP", "Bug", "Star rating rounds down"),
    ("PAY", "Task", "Replace the mock acquirer in tests"),
    ("OPS", "Story", "Chat command to restart a pod"),
    ("SHOP", "Story", "Wish lists that can be shared"),
    ("PAY", "Task", "Sort out the flaky browser tests"),
    ("OPS", "Task", "Archive old build logs"),
    ("SHOP", "Task", "Try a smaller icon font"),
    ("SHOP", "Bug", "Sitemap lists removed products"),
    ("OPS", "Story", "Self-service test databases"),
    ("PAY", "Story", "Bank holidays in the payout calendar"),
    ("SHOP", "Story", "Compare two products side by side"),
    ("OPS", "Bug", "Backup report counts empty volumes"),
    ("PAY", "Bug", "Search by last four digits is slow"),
    ("SHOP", "Task", "Replace the carousel"),
)

# Work around a release: the label that says what for, if anybody set one, and the title.
LAUNCHES: tuple[tuple[str, str], ...] = (
    ("checkout", "Announce the one-page checkout to partners"),
    ("checkout", "Script the call centre for guest orders"),
    ("", "Order new badges for the fair"),
    ("checkout", "Help page: paying with a wallet"),
    ("data", "Tell analysts what changes in order events"),
    ("checkout", "Film the checkout in ninety seconds"),
    ("", "Photographs of the new office"),
    ("checkout", "Train the shops on refunds within a day"),
    ("data", "Glossary of customer records for support"),
    ("checkout", "Translate the checkout texts with the agency"),
    ("", "Sort the picture library"),
    ("checkout", "Collect the first hundred opinions on guest checkout"),
    ("cost", "Invoice the batch host's last customer"),
    ("checkout", "Answer the review sites about 3-D Secure"),
    ("", "Christmas cards"),
    ("data", "Privacy notice for merged customer records"),
    ("checkout", "Banner for the basket that survives"),
    ("", "Compare two survey services"),
)
