"""What the demo's organisation works on: its epics, each with the things its stories are about.

Nothing here is real. Titles are made of a subject of the epic and a kind of work (`titles.py`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EpicPlan:
    """An epic and its stories. What it serves follows from its marks, by the rules of the configuration."""

    project: str
    title: str
    subjects: tuple[str, ...]
    stories: int
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    objective: str = ""
    """What people wrote into the field Objective of the epic."""


EPICS: tuple[EpicPlan, ...] = (
    EpicPlan(
        "PAY",
        "Card tokens that renew themselves",
        ("card token renewal", "expired card notice", "token vault lookup", "issuer response codes"),
        15,
        labels=("payments",),
    ),
    EpicPlan(
        "PAY",
        "Wallet payments in two taps",
        ("wallet handshake", "wallet button placement", "device attestation", "wallet refund path"),
        14,
        labels=("payments",),
    ),
    EpicPlan(
        "PAY",
        "3-D Secure without the detour",
        ("challenge frame", "exemption flag for small amounts", "bank redirect timeout", "step-up retry"),
        13,
        labels=("payments", "compliance"),
    ),
    EpicPlan(
        "PAY",
        "Refunds within a day",
        ("refund queue", "partial refund", "refund mail", "refund limits"),
        11,
        objective="fast-checkout",
    ),
    EpicPlan(
        "SHOP",
        "One-page checkout",
        ("address form", "delivery choice", "order summary", "promotion code field", "keyboard order"),
        17,
        objective="fast-checkout",
    ),
    EpicPlan(
        "SHOP",
        "Guest checkout",
        ("guest mail confirmation", "account offer after purchase", "guest order lookup", "consent text"),
        13,
        objective="fast-checkout",
    ),
    EpicPlan(
        "SHOP",
        "A basket that survives",
        ("basket merge at sign-in", "stock hint in the basket", "basket expiry", "saved basket link"),
        12,
        objective="fast-checkout",
    ),
    EpicPlan(
        "OPS",
        "Event schemas everybody can read",
        ("schema registry", "order event", "compatibility check", "schema owner page", "dead letter topic"),
        14,
        components=("Data",),
    ),
    EpicPlan(
        "OPS",
        "Customer records without doubles",
        ("matching of customer records", "merge review list", "address normaliser", "merge undo"),
        13,
        components=("Data",),
    ),
    EpicPlan(
        "SHOP",
        "Product data from one place",
        ("product feed", "size table import", "image metadata", "category tree sync"),
        13,
        components=("Data",),
    ),
    EpicPlan(
        "PAY",
        "Reconcile the ledger every night",
        ("settlement file import", "ledger difference report", "chargeback booking", "currency rounding"),
        14,
    ),
    EpicPlan(
        "OPS",
        "Audit trail for every price change",
        ("price history", "price approval", "price rollback"),
        11,
    ),
    EpicPlan(
        "OPS",
        "Right-sized clusters",
        ("node pool sizing", "idle namespace sweep", "memory requests", "autoscaler floor"),
        10,
        labels=("cost-of-running",),
    ),
    EpicPlan(
        "OPS",
        "Goodbye to the batch host",
        ("nightly invoice job", "file drop", "cron inventory"),
        8,
        labels=("cost-of-running",),
    ),
    EpicPlan(
        "OPS",
        "Shared payment gateway",
        ("gateway connection pool", "gateway certificates", "gateway canary", "gateway client library"),
        10,
        components=("Platform",),
    ),
    EpicPlan(
        "SHOP",
        "Loyalty points, second season",
        ("points balance", "points in the basket", "tier badge"),
        8,
        objective="loyal-customers",
    ),
    EpicPlan(
        "SHOP",
        "New look for the help pages",
        ("help search", "help article layout", "contact form"),
        9,
    ),
    EpicPlan(
        "OPS",
        "Rename the build agents",
        ("agent image", "agent labels", "pipeline templates"),
        7,
    ),
)
